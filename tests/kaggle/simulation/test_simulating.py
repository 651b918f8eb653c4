"""Whole simulations of a tiny kernel: one that keeps the rules, and some that break one."""

import contextlib
import math
import os
from pathlib import Path

import pytest

from foldwise.competition.competition import load_competition
from foldwise.kaggle.simulation.cases import INFERENCE, chosen_cases
from foldwise.kaggle.simulation.isolation import Isolation, isolation_here
from foldwise.kaggle.simulation.kernel_folder import read_kernel_folder
from foldwise.kaggle.simulation.simulating import Progress, make_stage, simulate
from foldwise.kaggle.simulation.verdict import Verdict
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from tests.kaggle.simulation.toy_kernel import (
    CELLS,
    FROM_SCRATCH,
    make_toy_kernel,
    make_toy_training,
    toy_predictions,
)
from tests.tiny_competitions import tiny_regression
from tests.tiny_tfidf import train_tfidf

RUN = "lengths"
HERE = isolation_here()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = tiny_regression(tmp_path / "project", test_rows=50)
    train_tfidf(made, RUN)
    return made


def simulated(
    project: Project, folder: Path, *names: str, isolation: Isolation = HERE
) -> dict[str, Verdict]:
    """Verdicts by case, and no folder left behind."""
    told: list[Progress] = []
    stage = make_stage(project, read_kernel_folder(folder), isolation, 60)
    competition = load_competition(project.competition("tiny-regression"))

    def predict(test: Path, _environment: dict[str, str]) -> Predictions:
        return toy_predictions(competition, test)

    cases = chosen_cases(names, training=stage.kernel.training)
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


def test_a_kernel_that_cannot_tell_two_mounts_of_its_inputs_is_found_out(
    project: Project, tmp_path: Path
) -> None:
    strict = '(found,) = (root / "input").rglob("foldwise-package.json")'
    folder = make_toy_kernel(tmp_path / "toy", RUN, strict)
    failure, *_ = simulated(project, folder, "both-mounts")["both-mounts"].failures
    assert failure.startswith("the notebook runs to its end: failed in cell 6: ValueError: too m")


BROKEN = {  # what the kernel does, and what the verdict says about it
    'open(root / "input" / "mine", "w")': "the notebook runs to its end: failed in cell 6: OSError",
    'import socket; socket.create_connection(("192.0.2.1", 80), timeout=9)': (
        "the notebook runs to its end: failed in cell 6: OSError: [Errno 101]"
    ),
    '(working / "submission.csv").unlink()': "submission.csv is valid: ",
    'write([sample[0], *([f"x{i}", 0] for i, _ in sample[1:])], "complete")': (
        "submission.csv is valid: "
    ),
    'write([sample[0], *([i, lengths[i] + 2e-6] for i, _ in sample[1:])], "complete")': (
        "values are those of foldwise predict: off by 2.0e-06"
    ),
    'write([sample[0], *([i, lengths[i]] for i, _ in sample[1:])], "partial")': (
        "kernel-report.json says 'complete': it says 'partial'"
    ),
    '(working / "submission.csv").open("a").write("\\n")': (
        "the report has the submission's SHA-256: it says "
    ),
    "os._exit(1)": "the notebook runs to its end: died in cell 6: the kernel died",
}


@pytest.mark.parametrize(("cell", "failure"), BROKEN.items())
def test_a_kernel_that_breaks_a_rule_is_found_out(
    project: Project, tmp_path: Path, cell: str, failure: str
) -> None:
    folder = make_toy_kernel(tmp_path / "toy", RUN, cell)
    verdict = simulated(project, folder, "old-mounts")["old-mounts"]
    assert not verdict.passed
    assert [said for said in verdict.failures if said.startswith(failure)]


def test_a_kernel_that_takes_foldwise_from_elsewhere_is_found_out(
    project: Project, tmp_path: Path
) -> None:
    elsewhere = """home = Path(os.environ["HOME"])
(home / "foldwise").mkdir()
(home / "foldwise" / "__init__.py").touch()
sys.path.insert(0, str(home))
import foldwise"""
    cells = [elsewhere if "import foldwise" in cell else cell for cell in CELLS]
    folder = make_toy_kernel(tmp_path / "toy", RUN, cells=cells)
    (failure,) = simulated(project, folder, "old-mounts")["old-mounts"].failures
    assert failure.startswith("Foldwise is imported from the packed wheel: ")
    assert failure.endswith("/home/foldwise/__init__.py")


def test_a_kernel_that_trusts_damaged_weights_is_found_out(
    project: Project, tmp_path: Path
) -> None:
    trusting = [cell for cell in CELLS if "is missing or damaged" not in cell]
    folder = make_toy_kernel(tmp_path / "toy", RUN, cells=trusting)
    assert simulated(project, folder, "corrupted")["corrupted"].failures == [
        "the notebook fails and names model.safetensors: finished",
        "kernel-report.json says 'safety-net': it says 'complete'",
    ]
    model = folder / "dataset" / "runs" / RUN / "fold-0" / "model.safetensors"
    assert model.read_bytes() == bytes(1000)  # what was damaged was not the kernel that was built


def test_a_notebook_that_never_ends_is_stopped(project: Project, tmp_path: Path) -> None:
    folder = make_toy_kernel(tmp_path / "toy", RUN, "time.sleep(600)")
    stage = make_stage(project, read_kernel_folder(folder), HERE, 8)
    (verdict,) = simulate(
        stage,
        chosen_cases(["hidden-empty"], training=False),
        lambda test, _: pytest.fail(f"nothing is to be predicted for {test}"),
        lambda _: None,
    )
    assert verdict.failures == [
        "the notebook runs to its end: timed out in cell 6: stopped after 8 seconds"
    ]


def test_without_namespaces_a_folder_stands_for_kaggle_and_sockets_are_blocked(
    project: Project, tmp_path: Path
) -> None:
    connect = """import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=9)
except OSError as error:
    print(error)"""
    folder = make_toy_kernel(tmp_path / "toy", RUN, connect)
    verdict = simulated(project, folder, "hidden-one-row", isolation="folder")["hidden-one-row"]
    assert verdict.failures == []
    assert "blocked: a kernel has no internet" in (folder / verdict.notebooks[0]).read_text()
    if os.geteuid() != 0:
        assert "inputs are read-only" in [check.what for check in verdict.checks]


def test_a_file_that_root_could_write_without_namespaces_is_noticed(
    project: Project, tmp_path: Path
) -> None:
    written = 'open(next((root / "input").rglob("test.csv")), "a").write("x")'
    folder = make_toy_kernel(tmp_path / "toy", RUN, written)
    verdict = simulated(project, folder, "hidden-empty", isolation="folder")["hidden-empty"]
    changed = "inputs are as they were: competitions/tiny-regression/test.csv"
    refused = "the notebook runs to its end: failed in cell 6: PermissionError"
    assert verdict.failures[0].startswith(changed if os.geteuid() == 0 else refused)


def test_a_simulation_that_is_interrupted_leaves_nothing(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "t").mkdir()
    folder = make_toy_kernel(tmp_path / "toy", RUN, "time.sleep(600)")
    stage = make_stage(project, read_kernel_folder(folder), HERE, 60)

    def interrupt(progress: Progress) -> None:
        if progress.cell == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(
            stage,
            chosen_cases(["hidden-empty"], training=False),
            lambda test, _: toy_predictions(stage.loaded.competition, test),
            interrupt,
        )
    assert list((tmp_path / "t").iterdir()) == []
    assert str(tmp_path / "t") not in processes()


def test_a_training_that_goes_on_from_its_own_output_passes(
    project: Project, tmp_path: Path
) -> None:
    oof = (project.run(RUN) / "oof.csv").read_bytes()
    verdict = simulated(project, make_toy_training(tmp_path / "toy", RUN, oof))["resumed"]
    assert verdict.failures == []
    assert verdict.happened == "2 sessions: partial, complete"
    assert verdict.notebooks == ("simulation/resumed-1.ipynb", "simulation/resumed-2.ipynb")


def test_a_training_that_was_not_done_here_is_cut_and_resumed_and_not_compared(
    project: Project, tmp_path: Path
) -> None:
    oof = (project.run(RUN) / "oof.csv").read_bytes()
    project.run(RUN).rename(project.run("elsewhere"))
    verdict = simulated(project, make_toy_training(tmp_path / "toy", RUN, oof))["resumed"]
    assert verdict.failures == []
    assert verdict.happened == "2 sessions: partial, complete; OOF not compared"
    assert "session 2 goes on from session 1" in [check.what for check in verdict.checks]


def test_a_training_that_begins_anew_in_every_session_is_found_out(
    project: Project, tmp_path: Path
) -> None:
    oof = (project.run(RUN) / "oof.csv").read_bytes()  # the same bits in the end
    folder = make_toy_training(tmp_path / "toy", RUN, oof, FROM_SCRATCH)
    assert simulated(project, folder)["resumed"].failures == [
        "session 2 goes on from session 1: resumed_from is {}",
        "session 2 keeps finished folds: of 1 anew: runs/lengths/fold-0",
    ]


def test_a_training_that_ends_with_another_digit_is_found_out(
    project: Project, tmp_path: Path
) -> None:
    oof = (project.run(RUN) / "oof.csv").read_text().splitlines()
    start, _, value = oof[1].rpartition(",")
    oof[1] = f"{start},{math.nextafter(float(value), math.inf)!r}"  # the next number there is
    other = ("\n".join(oof) + "\n").encode()
    (failure,) = simulated(project, make_toy_training(tmp_path / "toy", RUN, other))[
        "resumed"
    ].failures
    assert failure.startswith(
        "OOF predictions are the local run's, to the bit: 40 rows, 1 differ, by up to "
    )


def processes() -> str:
    """The command lines of all processes of this machine."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return "\n".join(lines)
