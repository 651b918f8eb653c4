"""An ablation as a table and in sentences."""

from dataclasses import replace

from foldwise.comparing.ablation_table import remarks, table_of, title_of
from tests.comparing.tiny_ablations import BASE, FAILED, VARIANTS, ablation_of, variant


def test_each_variant_has_a_row_below_the_base() -> None:
    table = table_of(ablation_of(*VARIANTS))
    assert table.columns == [
        "variant", "rmse", "difference", "95 % interval", "beyond noise?", "time", "memory",
    ]  # fmt: skip
    assert table.rows[0] == ["(base)", "1.0000", "", "", "", "1.00x", "3 MB"]
    assert table.rows[2] == [
        "loss | delta_1", "0.9900", "-0.0100 ± 0.0200", "-0.0492 to +0.0292", "within noise",
        "0.50x", "3 MB",
    ]  # fmt: skip
    assert table.rows[5] == ["rates.top=1.0", "", "", "", "failed", "", ""]
    assert table.numeric == [False, True, True, True, False, True, True]


def test_several_seeds_have_a_column_of_their_differences() -> None:
    assert "by seed" in table_of(ablation_of(*VARIANTS, seeds=2)).columns


def test_what_no_run_records_has_no_column() -> None:
    base = replace(BASE, seconds=0.0, peak_memory=None)
    table = table_of(ablation_of(variant("a", 0.1, None, peak_memory=None), base=base))
    assert table.columns == ["variant", "rmse", "difference", "beyond noise?"]
    assert table.rows[1] == ["a", "1.1000", "+0.1000", "unknown"]


def test_an_ablation_without_a_finished_base_shows_what_is_to_do() -> None:
    found = ablation_of(FAILED, base=None)
    assert table_of(found).rows == [["rates.top=1.0", "failed"]]
    assert remarks(found)[1:] == ["rates.top=1.0: failed, seed 0: it diverged"]


def test_the_title_says_what_was_compared() -> None:
    assert title_of(ablation_of(*VARIANTS, seeds=2)) == (
        "exp seed=0: 6 variants of it, 1,234 rows of tiny, fold 0, 1, seed 0, 1"
    )


def test_sentences_say_what_could_be_seen_and_what_the_words_mean() -> None:
    assert remarks(ablation_of(*VARIANTS)) == [
        "A difference is the variant's rmse minus the base's on the same rows; lower is better. "
        "± is one standard error.",
        "A difference below about 0.0392 could not have been told from noise here (0.0196 to "
        "0.0392 by variant; 1,234 rows, one seed, so that the noise of seeds is not counted).",
        "within noise: the 95 % interval holds zero.",
        "no difference: the same score on every row.",
        "perhaps better, perhaps worse: more than the noise of the rows if it were the only "
        "variant, but of one seed, which compares two trained models and not two settings: another "
        "seed may tell otherwise (--seeds 0,1,2).",
        "head.hidden=[256]: its weights were chosen among 8 looks a fold, the base's among 4; the "
        "score of more looks is the more optimistic.",
        "rates.top=1.0: failed, seed 0: it diverged",
        "seed.less: unfinished, seed 1 still to train",
    ]
    several = remarks(ablation_of(*VARIANTS, seeds=3))
    assert "1,234 rows, 3 seeds)" in several[1]
    assert several[2] == "better, worse: more than noise, even as one of all these variants."
    assert not any("--seeds" in line for line in several)
    assert "higher is better" in remarks(ablation_of(*VARIANTS, metric="accuracy"))[0]


def test_one_variant_has_no_range_of_what_could_be_seen() -> None:
    found = ablation_of(variant("a", 0.1, 0.02))
    assert title_of(found).startswith("exp seed=0: 1 variant of it, ")
    assert "from noise here (1,234 rows, one seed" in remarks(found)[1]
