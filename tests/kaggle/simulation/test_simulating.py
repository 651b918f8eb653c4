"""Whole simulations of a tiny kernel: one that keeps the rules, and some that break one."""

import os
import shutil
from pathlib import Path

import pytest

from foldwise.competition.competition import load_competition
from foldwise.kaggle.simulation.cases import INFERENCE, Case, chosen_cases
from foldwise.kaggle.simulation.isolation import Isolation, isolation_here
from foldwise.kaggle.simulation.kernel_folder import read_kernel_folder
from foldwise.kaggle.simulation.simulating import Progress, make_stage, simulate
from foldwise.kaggle.simulation.verdict import Verdict
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from tests.kaggle.simulation.toy_kernel import (
    CELLS,
    make_toy_kernel,
    toy_predictions,
    with_oof,
)
from tests.tiny_competitions import tiny_regression

RUN = "lengths"
HERE = isolation_here()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return with_oof(tiny_regression(tmp_path / "project", test_rows=50), RUN)


def simulated(
    project: Project, folder: Path, *names: str, isolation: Isolation = HERE
) -> dict[str, Verdict]:
    """Verdicts by case, and no folder left behind."""
    told: list[Progress] = []
    stage = make_stage(project, read_kernel_folder(folder), isolation, 60)
    competition = load_competition(project.competition("tiny-regression"))

    def predict(test: Path, _environment: dict[str, str]) -> Predictions:
        return toy_predictions(competition, test)

    cases = chosen_cases(names, training=False)
    verdicts = simulate(stage, cases, predict, told.append)
    assert {progress.case.name for progress in told} == {case.name for case in cases}
    return {verdict.case.name: verdict for verdict in verdicts}


def test_a_kernel_that_keeps_the_rules_passes_every_case(project: Project, tmp_path: Path) -> None:
    folder = make_toy_kernel(tmp_path / "toy", RUN)
    verdicts = simulated(project, folder)
    assert {name: verdict.failures for name, verdict in verdicts.items()} == {
        case.name: [] for case in INFERENCE
    }
    for verdict in verdicts.values():
        assert [(folder / name).is_file() for name in verdict.notebooks] == [True]
