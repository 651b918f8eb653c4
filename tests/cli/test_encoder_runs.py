"""Commands on encoder runs: signals, workers, notes, predictions, blends with TF-IDF."""

import csv
import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from foldwise.cli.score_tables import OPTIMISM
from foldwise.journal import Journal
from foldwise.paths import Project
from foldwise.settings import dump_toml
from foldwise.training.run_scores import read_scores
from tests.cli.calling import Foldwise, start
from tests.tiny_tfidf import tfidf_settings
from tests.training.tiny_runs import results_of, tiny_project, tiny_settings, train_tiny

SECONDS_TO_START = 300.0  # on a machine that others keep busy
LONG = {"epochs": 25.0, "evaluations_per_epoch": 1, "folds": 2}


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the finished encoder run `enc`."""
    project = tiny_project(tmp_path_factory.mktemp("project"))
    folder = project.root / "experiments"
    folder.mkdir()
    (folder / "enc.toml").write_text(dump_toml(tiny_settings(project)))
    (folder / "long.toml").write_text(dump_toml(tiny_settings(project, training=LONG)))
    (folder / "tfidf.toml").write_text(dump_toml(tfidf_settings()))
    (folder / "halves.toml").write_text(dump_toml(tfidf_settings(training={"folds": 2})))
    train_tiny(project, "enc")
    return project


@pytest.fixture
def project(trained_once: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy, which is the working folder; its encoder stays where it was."""
    root = tmp_path / "project"
    shutil.copytree(trained_once.root, root)
    monkeypatch.chdir(root)
    return Project(root)


@pytest.fixture(scope="module")
def uninterrupted(trained_once: Project) -> dict[str, bytes]:
    """What the experiment `long` decides when nobody stops it."""
    return results_of(train_tiny(trained_once, "long", training=LONG).folder)


def wait_for_a_look(project: Project, run: str, process: "subprocess.Popen[str]") -> None:
    """Return once a fold of `run` is in the middle of its training."""
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        for path in project.run(run).glob("fold-*/journal.jsonl"):
            if any(Journal(path).events("look")):
                return
        time.sleep(0.02)
    raise AssertionError(f"no look at {run}: {process.communicate()}")


def test_ctrl_c_is_exit_code_130_and_the_same_command_goes_on_to_the_same_bits(
    project: Project, foldwise: Foldwise, uninterrupted: dict[str, bytes]
) -> None:
    shutil.rmtree(project.run("long"), ignore_errors=True)
    process = start(project.root, "train", "long", "--workers", "1")
    wait_for_a_look(project, "long", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS_TO_START)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("error: stopped by SIGINT, everything saved; the same command goes on\n")
    assert "Traceback" not in err
    assert list(project.run("long").glob("fold-*/ckpt-*"))  # not finished, and not lost

    done = foldwise("train", "long", "--json")
    assert (done.code, done.json["missing_folds"]) == (0, [])
    assert results_of(project.run("long")) == uninterrupted


def test_sigterm_stops_all_workers_of_foldwise_run_with_exit_code_143(
    project: Project, foldwise: Foldwise, uninterrupted: dict[str, bytes]
) -> None:
    shutil.rmtree(project.run("long"), ignore_errors=True)
    process = start(project.root, "run", "long", "halves", "--workers", "2", "--json")
    wait_for_a_look(project, "long", process)
    process.terminate()
    out, err = process.communicate(timeout=SECONDS_TO_START)
    assert process.returncode == 143, err
    assert json.loads(out)["error"] == "Interrupted"
    assert "stopped by SIGTERM, everything saved; the same command goes on" in err
    assert not project.submission("tiny-regression").exists()

    done = foldwise("run", "long", "halves", "--json")
    assert done.code == 0, done.err
    assert results_of(project.run("long")) == uninterrupted
    assert project.submission("tiny-regression").is_file()


def test_an_encoder_run_predicts_its_test_file_again(project: Project, foldwise: Foldwise) -> None:
    with (project.run("enc") / "test.csv").open() as file:
        expected = [float(row["target"]) for row in csv.DictReader(file)]
    done = foldwise("predict", "enc", project.competition("tiny-regression") / "test.csv", "--json")
    predicted = [row["outputs"]["target"] for row in done.json]
    np.testing.assert_allclose(predicted, expected, atol=1e-5)


def test_an_encoder_run_predicts_without_the_encoders_own_folder(
    project: Project, foldwise: Foldwise, trained_once: Project
) -> None:
    before = foldwise("predict", "enc", "a good film", "--json").json
    encoder = trained_once.root / "encoder"
    encoder.rename(encoder.with_name("gone"))
    try:
        assert foldwise("predict", "enc", "a good film", "--json").json == before
    finally:
        encoder.with_name("gone").rename(encoder)


def test_a_blend_of_an_encoder_and_tfidf_predicts_their_weighted_mean(
    project: Project, foldwise: Foldwise
) -> None:
    assert foldwise("train", "tfidf").code == 0
    assert foldwise("ensemble", "enc", "tfidf", "--weights", "1,3", "--name", "both").code == 0
    values = {
        run: foldwise("predict", run, "a good film", "--json").json[0]["outputs"]["target"]
        for run in ("enc", "tfidf", "both")
    }
    assert values["both"] == pytest.approx(0.25 * values["enc"] + 0.75 * values["tfidf"])


def test_a_run_trained_on_a_gpu_predicts_on_a_cpu_and_says_so(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    path = project.run("enc") / "settings.toml"
    path.write_text(path.read_text().replace('device = "cpu"', 'device = "cuda"'))
    done = foldwise("predict", "enc", "a good film")
    assert done.code == 0
    assert done.err == (
        "note: the run was trained on a GPU in fp32, and here is none (torch sees no CUDA device): "
        "predicting on the CPU in fp32, which differs in the last digits\n"
    )


def test_the_optimism_of_the_usual_choice_is_shown(project: Project, foldwise: Foldwise) -> None:
    scores = read_scores(project.run("enc"))
    optimism = scores.in_sample["rmse"].value - scores.scores["rmse"].value
    assert optimism < 0  # the best evaluation of each fold is scored on the fold that chose it
    done = foldwise("submit", "enc")
    assert done.out.splitlines()[1].split()[-1] == "optimism"
    assert done.out.splitlines()[3].endswith(f" {optimism:+.4f}")
    assert OPTIMISM in done.out


def test_a_length_that_the_encoder_lacks_is_one_plain_note(
    project: Project, foldwise: Foldwise
) -> None:
    words = ("encoder.max_length=600", "training.epochs=0.1", "--name", "cut", "--folds", "0,1")
    done = foldwise("train", "enc", *words)
    assert done.code == 0
    notes = [line for line in done.err.splitlines() if line.startswith("note: ")]
    assert len(notes) == 1
    assert "encoder.max_length is 600, but" in notes[0]
    assert "warnings.warn" not in done.err


def test_a_fold_that_is_not_what_was_written_is_a_storage_error(
    project: Project, foldwise: Foldwise
) -> None:
    path = project.run("enc") / "fold-0" / "valid.csv"
    path.write_text("id,target\n")
    done = foldwise("train", "enc")
    assert done.code == 5
    assert f"{path} is missing or differs from what the fold wrote" in done.err
