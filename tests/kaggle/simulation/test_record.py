"""The record of a simulation, for people."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from foldwise.cli.tables import rendered
from foldwise.kaggle.simulation.cases import INFERENCE
from foldwise.kaggle.simulation.kernel_folder import read_kernel_folder
from foldwise.kaggle.simulation.record import COLUMNS, Simulation, write_record
from foldwise.kaggle.simulation.verdict import Check, Verdict
from tests.kaggle.simulation.toy_kernel import make_toy_kernel

ALL_BUT_ONE = f"{len(INFERENCE) - 1} of {len(INFERENCE)} cases"

GOOD = Check("values are those of foldwise predict", True, "off by 0.0e+00")
BAD = Check("submission.csv is valid", False, "line 3: a|b")


@pytest.fixture
def simulation(tmp_path: Path) -> Simulation:
    kernel = read_kernel_folder(make_toy_kernel(tmp_path / "toy", "lengths"))
    happened = {"complete": "complete, off by 1.2e-16", "refused": "safety net, failed: cell 11"}
    verdicts = [
        Verdict(case, happened.get(case.ending, "safety net"), 123.4, (GOOD,), ("a.ipynb",))
        for case in INFERENCE
    ]
    verdicts[1] = replace(verdicts[1], checks=(GOOD, BAD))
    return Simulation(kernel, "namespaces", verdicts, 99.0)


def test_the_verdicts_fit_a_screen_of_80_columns(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = rendered("toy", COLUMNS, simulation.rows()).splitlines()
    assert len(lines) == len(INFERENCE) + 4  # none is wrapped
    assert max(map(len, lines)) <= 80
    assert len(simulation.headline) <= 80


def test_what_does_not_hold_is_said_with_its_case(simulation: Simulation) -> None:
    assert not simulation.passed
    assert simulation.failures() == ["old-mounts: submission.csv is valid: line 3: a|b"]
    assert simulation.headline.startswith(f"{ALL_BUT_ONE} passed in 99 s (own namespaces")


def test_both_files_tell_the_same(simulation: Simulation) -> None:
    folder = write_record(simulation)
    told = json.loads((folder / "simulation.json").read_text())
    assert [case["passed"] for case in told["cases"]] == [i != 1 for i in range(len(INFERENCE))]
    page = (folder / "simulation.md").read_text()
    assert page.startswith(f"# toy, simulated\n\n{ALL_BUT_ONE} passed")
    assert "| old-mounts | predict's values | complete, off by 1.2e-16 | 123 | FAILED |" in page
    assert "- old-mounts: submission.csv is valid: line 3: a|b" in page
