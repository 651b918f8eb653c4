"""Names of the folders that ablations make."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from foldwise.paths import NAME, Project
from foldwise.pipeline.ablation_names import is_result, is_run_of_ablation, run_name
from foldwise.storage import write_json
from tests.tiny_tfidf import tfidf_settings

SETTINGS = tfidf_settings(seed=3)


def test_a_run_is_named_by_experiment_settings_and_seed() -> None:
    name = run_name("words", SETTINGS, {"tfidf.words": [1, 3], "tfidf.penalty": 0.5})
    head, _, digest = name.rpartition(".")
    assert head == "words.ablation.tfidf.penalty-0.5_tfidf.words-1-3.seed3"
    assert len(digest) == 8
    assert run_name("words", SETTINGS, {}).startswith("words.ablation.base.seed3.")


@given(
    st.text("abcXYZ019._-", min_size=1, max_size=100).map(lambda text: f"a{text}"[:100]),
    st.dictionaries(st.text(max_size=30), st.text(max_size=200), max_size=4),
)
def test_any_settings_make_a_name_that_a_run_may_have(
    experiment: str, changed: dict[str, Any]
) -> None:
    name = run_name(experiment, SETTINGS, changed)
    assert NAME.fullmatch(name)
    assert is_run_of_ablation(name)


def test_other_settings_are_another_name_though_what_is_readable_of_it_is_cut() -> None:
    changed = {"encoder.name": "x" * 300}
    names = {
        run_name("words", tfidf_settings(tfidf={"penalty": penalty}), changed)
        for penalty in (1.0, 2.0)
    }
    assert len(names) == 2
    assert all(len(name) == 100 for name in names)


def test_settings_that_change_no_result_make_the_same_name() -> None:
    training = SETTINGS.training.model_copy(update={"checkpoint_seconds": 5.0})
    rarely = SETTINGS.model_copy(update={"training": training})
    assert run_name("words", rarely, {}) == run_name("words", SETTINGS, {})


def test_the_result_of_an_ablation_is_no_run(project: Project) -> None:
    folder = project.run("words.ablation")
    assert not is_result(folder)
    write_json(folder / "ablation.json", {})
    assert is_result(folder)
    assert not is_run_of_ablation(folder.name)
