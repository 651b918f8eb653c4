"""What an ablation is to train, and what it refuses before it begins."""

import pytest

from foldwise.errors import UsageError
from foldwise.paths import Project
from foldwise.pipeline.ablation_plan import AblationRequest, Plan, planned
from foldwise.settings import dump_toml
from tests.tiny_tfidf import tfidf_settings

ENCODER = """competition = "tiny-regression"
[encoder]
name = "nowhere"
max_length = 128
[training]
epochs = 4.0
"""


@pytest.fixture
def project(project: Project) -> Project:
    """The project with the experiments `words` and `encoder`."""
    folder = project.root / "experiments"
    folder.mkdir()
    (folder / "words.toml").write_text(dump_toml(tfidf_settings(tfidf={"characters": [1, 2]})))
    (folder / "encoder.toml").write_text(ENCODER)
    return project


def plan_of(project: Project, *words: str, experiment: str = "words", **more: object) -> Plan:
    return planned(project, AblationRequest(experiment, words, **more))  # type: ignore[arg-type]  # options by name


def told(project: Project, *words: str, experiment: str = "words", **more: object) -> list[str]:
    with pytest.raises(UsageError) as caught:
        plan_of(project, *words, experiment=experiment, **more)
    return list(caught.value.complaints)


def test_one_setting_after_the_other_is_changed_never_two(project: Project) -> None:
    plan = plan_of(project, "tfidf.penalty=0.1,10", "tfidf.min_rows=1")
    assert [(v.name, v.settings) for v in plan.variants] == [
        ("tfidf.penalty=0.1", {"tfidf.penalty": 0.1}),
        ("tfidf.penalty=10", {"tfidf.penalty": 10.0}),
        ("tfidf.min_rows=1", {"tfidf.min_rows": 1}),
    ]
    assert (plan.folds, plan.seeds) == ((0, 1, 2), (42,))


def test_a_variant_of_several_settings_differs_in_all_of_them(project: Project) -> None:
    (variant,) = plan_of(project, "both: tfidf.penalty=2 tfidf.words=[1,3]").variants
    assert variant.name == "both"
    assert variant.settings == {"tfidf.penalty": 2.0, "tfidf.words": [1, 3]}


def test_base_and_variants_have_a_run_a_seed_each_of_its_own_name(project: Project) -> None:
    plan = plan_of(project, "tfidf.penalty=2", seeds=(0, 7), folds=(2, 0))
    runs = plan.requests()
    assert [run.settings.seed for run in runs] == [0, 7, 0, 7]
    assert len({run.name for run in runs}) == 4
    assert {run.folds for run in runs} == {(2, 0)}
    assert plan.folds == (0, 2)


def test_the_same_settings_are_the_same_run_however_they_are_written(project: Project) -> None:
    names = {
        plan_of(project, *words, **more).variants[0].runs[42].name
        for words, more in (
            (["tfidf.penalty=2 tfidf.min_rows=1"], {}),
            (["x: tfidf.min_rows=1 tfidf.penalty=2.0"], {"name": "other"}),
        )
    }
    assert len(names) == 1


def test_settings_of_the_base_are_settings_of_every_variant(project: Project) -> None:
    plan = plan_of(project, "tfidf.penalty=2", overrides=("tfidf.min_rows=3",))
    assert {run.settings.tfidf.min_rows for run in plan.requests()} == {3}
    assert plan.variants[0].settings == {"tfidf.penalty": 2.0}


def test_everything_that_is_wrong_is_told_at_once(project: Project) -> None:
    assert told(
        project,
        "tfidf.penalty=-1,2",
        "tfidf.penalt=3",
        "tfidf.penalty=1.0",
        "again: tfidf.penalty=2.0",
        "seed=3",
        "training.rows=20",
        "pooling.kind=max",
    ) == [
        "tfidf.penalty=-1: tfidf.penalty must be greater than 0, got -1",
        "tfidf.penalt=3: unknown setting 'tfidf.penalt'; did you mean 'tfidf.penalty'?",
        "tfidf.penalty=1.0: that is the base itself, so there is nothing to compare; leave it out",
        "again: the same settings as tfidf.penalty=2; leave one of them out",
        "seed=3: seed stays: each variant is trained with the base's seeds; give them with --seeds",
        "training.rows=20: training.rows stays: variants are compared on the same rows",
        "pooling.kind=max: pooling.kind='max' would do nothing: kind='tfidf' reads competition, "
        "kind, seed, hardware, tfidf, tracking, training.rows and training.folds only",
    ]


def test_what_does_not_fit_the_competition_is_told_too(project: Project) -> None:
    assert told(project, "loss.kind=focal", "loss.kind=kl", experiment="encoder") == [
        "loss.kind=focal: loss.kind='focal' is not for a regression: choose one of mse, rmse, "
        "smooth_l1, huber, bce, gaussian, kl, ranking",
        "loss.kind=kl: loss.kind='kl' needs the raters' noise: name its column as target_sd in "
        "competition.toml, or choose another",
    ]


def test_what_the_small_form_makes_equal_is_told(project: Project) -> None:
    words = ["training.epochs=3.0"]
    assert len(plan_of(project, *words, experiment="encoder").variants) == 1
    assert told(project, *words, experiment="encoder", fast=True) == [
        "training.epochs=3.0: that is the base itself (in the small form of --fast, that is), so "
        "there is nothing to compare; leave it out"
    ]


def test_an_experiment_that_is_wrong_is_told_once(project: Project) -> None:
    path = project.root / "experiments" / "words.toml"
    assert told(project, "tfidf.min_rows=1,3", overrides=("tfidf.penalty=0",)) == [
        f"{path}: tfidf.penalty must be greater than 0, got 0"
    ]


def test_folds_that_are_none_and_names_that_are_paths_are_refused(project: Project) -> None:
    assert told(project, "tfidf.penalty=2", folds=(0, 3)) == [
        "folds are numbered 0 to 2; got 3; choose among them"
    ]
    assert "a result's name is up to 100" in told(project, "tfidf.penalty=2", name="a/b")[0]
