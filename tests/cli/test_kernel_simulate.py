"""`foldwise kernel simulate`: exit codes, tables, JSON."""

import json
from pathlib import Path

import pytest

from foldwise.kaggle.simulation.cases import INFERENCE, TRAINING
from foldwise.paths import Project
from tests.cli.calling import Foldwise
from tests.kaggle.simulation.toy_kernel import make_toy_kernel


@pytest.fixture
def kernel(project: Project) -> Path:
    """A kernel that says to be that of the run `words`, and predicts lengths of texts."""
    return make_toy_kernel(project.root / "kernels" / "toy", "words")


def test_a_kernel_that_passes_ends_with_a_table_and_exit_code_0(
    foldwise: Foldwise, kernel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = foldwise("kernel", "simulate", kernel, "--case", "hidden-empty")
    assert done.code == 0, done.err
    assert "hidden-empty predict's values complete" in " ".join(done.out.split())
    assert "1 of 1 cases passed" in done.out
    assert "case 1 of 1, hidden-empty: cell 1 of 5, import csv" in done.err
    assert (kernel / "simulation" / "hidden-empty.ipynb").is_file()


def test_values_that_differ_from_predict_end_with_exit_code_4_and_the_whole_json(
    foldwise: Foldwise, kernel: Path
) -> None:
    done = foldwise("kernel", "simulate", kernel, "--case", "old-mounts", "--json", "-q")
    assert done.code == 4
    (case,) = done.json["cases"]
    failed = [check["what"] for check in case["checks"] if not check["holds"]]
    assert failed == ["values are those of foldwise predict"]
    assert done.json == json.loads((kernel / "simulation" / "simulation.json").read_text())


def test_the_help_names_every_case_whole(foldwise: Foldwise) -> None:
    words = foldwise("kernel", "simulate", "--help").out.replace(",", " ").split()
    assert {case.name for case in (*INFERENCE, *TRAINING)} <= set(words)


def test_a_run_that_is_gone_is_a_user_error(
    foldwise: Foldwise, project: Project, kernel: Path
) -> None:
    project.run("words").rename(project.run("elsewhere"))
    done = foldwise("kernel", "simulate", kernel)
    assert done.code == 2
    assert "a kernel is compared with the run it was built from" in done.err


def test_without_the_packages_that_run_notebooks_pip_is_named(
    foldwise: Foldwise, kernel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    done = foldwise("kernel", "simulate", kernel)
    assert done.code == 2
    assert "pip install 'foldwise[notebooks]'" in done.err
