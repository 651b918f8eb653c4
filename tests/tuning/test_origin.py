"""What a study is of, and that it goes on with nothing else."""

from pathlib import Path
from typing import Any

import pytest

from foldwise.errors import UsageError
from foldwise.folds.making import make_folds, save_folds
from foldwise.paths import Project
from foldwise.tuning.origin import check_same_origin, origin_of
from foldwise.tuning.plan import Plan, planned
from foldwise.tuning.request import TuneRequest
from tests.tiny_competitions import load_tiny
from tests.tiny_tfidf import train_tfidf
from tests.tuning.tiny_studies import tiny_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = tiny_project(tmp_path)
    train_tfidf(made, "other")
    return made


def plan_of(project: Project, *overrides: str, **more: Any) -> Plan:
    return planned(project, TuneRequest("words", overrides=overrides, **more))


def refused(plan: Plan, before: dict[str, Any]) -> list[str]:
    with pytest.raises(UsageError) as caught:
        check_same_origin(plan, before)
    return [line.strip(" -") for line in str(caught.value).splitlines()[1:-1]]


def test_the_same_request_goes_on(project: Project) -> None:
    check_same_origin(plan_of(project), origin_of(plan_of(project)))
    # more trials and other workers are no other study
    check_same_origin(plan_of(project, trials=99, workers=2), origin_of(plan_of(project)))


def test_settings_that_change_no_result_are_no_other_study(project: Project) -> None:
    before = origin_of(plan_of(project))
    followed = plan_of(project, "tracking.tensorboard=true")
    check_same_origin(followed, before)
    check_same_origin(plan_of(project), origin_of(followed))
    older = {**before, "settings": {**before["settings"], "tracking.tensorboard": True}}
    check_same_origin(plan_of(project), older)  # an origin once had all settings


def test_every_difference_is_named_with_both_values(project: Project) -> None:
    before = origin_of(plan_of(project))
    wider = "tfidf.penalty={ low = 1e-4, high = 1e3, log = true, default = 3.0 }"
    changed = plan_of(project, "seed=7", wider, folds=(0, 1), partners=("other",))
    assert refused(changed, before) == [
        "settings: seed: the study has 42, now asked for 7",
        "ranges: tfidf.penalty: the study has [0.001, 1000.0, True, None, 3.0], now asked for "
        "[0.0001, 1000.0, True, None, 3.0]",
        "folds trained: the study has [0, 1, 2], now asked for [0, 1]",
        "with: other: changed since the study began",
    ]


def test_another_pruner_or_level_is_another_study(project: Project) -> None:
    before = origin_of(plan_of(project))
    assert refused(plan_of(project, pruner="none"), before) == [
        "pruner: the study has paired, now asked for none"
    ]
    assert refused(plan_of(project, level=0.2), before) == [
        "level: the study has 0.05, now asked for 0.2"
    ]


def test_other_folds_are_another_study(project: Project) -> None:
    before = origin_of(plan_of(project))
    other = make_folds(load_tiny(project, "tiny-regression"), n=3, seed=5).table
    save_folds(project.folds("tiny-regression"), other, force=True)
    assert refused(plan_of(project), before) == ["folds: changed since the study began"]
