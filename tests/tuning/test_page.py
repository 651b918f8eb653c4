from foldwise.tuning.curves import RateCurves
from foldwise.tuning.page import page_of, remarks
from tests.tuning.tiny_results import tiny_result


def test_the_best_stand_first_and_what_is_not_read_is_blank() -> None:
    page = page_of(tiny_result(), {}, None, [])
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert rows[0] == "| trial | OOF rmse | rates.top | pooling.kind | pooling.hidden | seconds |"
    assert rows[2] == "| 1 | 0.5000 ± 0.0200 | 0.0003 | attention | 64 | 110 |"
    assert rows[3] == "| 4 | 0.5100 | 0.0002 | mean |  | 90 |"
    assert rows[4].startswith("| 0 | 0.5200")


def test_trials_without_a_score_are_told_with_their_reasons() -> None:
    page = page_of(tiny_result(), {}, None, [])
    assert "| 2 | pruned | at 50% of fold 0 | rates.top=0.01 pooling.kind=mean |" in page
    assert "the loss is NaN \\| step 3" in page  # what would end a cell is escaped


def test_the_best_score_is_called_optimistic_beside_an_honest_one() -> None:
    lines = remarks(tiny_result())
    assert lines == [
        "5 trials: 3 finished, 1 pruned, 1 failed; pruning: rows paired with the best trial's, "
        "level 0.05",
        "the best is trial 1: rmse 0.5000 ± 0.0200; optimistic, since it is the best of 3 on these "
        "very rows",
        "the untuned defaults (trial 0) score 0.5200",
        "chosen on the other folds, fold by fold, the score is 0.5050 ± 0.0200: what to expect of "
        "the choice",
        "time spent in training: 5 minutes, 5 minutes of a processor, 156 steps; saved by dropping "
        "trials early: about 70 s",
    ]


def test_defaults_that_nothing_beat_are_said_to_be_the_best() -> None:
    assert "the untuned defaults (trial 0) score 0.5200, and nothing was better" in remarks(
        tiny_result(best=0)
    )


def test_rates_and_importances_are_tables_too() -> None:
    curves = RateCurves(["embeddings", "head"], {1: [0.0, 1e-3], 4: [2e-5, 1e-4]})
    page = page_of(tiny_result(), {"rates.top": 0.75}, curves, ["rates.png"])
    assert "| rates.top | 0.75 |" in page
    assert "| embeddings | frozen | 2e-05 |" in page
    assert "](rates.png)" in page
