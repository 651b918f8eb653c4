"""The worker of a study in this process: jobs and answers are put in, and what it says is read."""

from pathlib import Path
from typing import Any

import pytest

from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from foldwise.training.stopping import StopRequest
from foldwise.tuning.tables import look_files
from foldwise.tuning.worker import Worker
from tests.training.tiny_runs import tiny_project, tiny_settings


def said_by(root: Path, *, patience: int = 99, **settings: Any) -> list[dict[str, Any]]:
    """What a worker says of a trial of folds 0 and 1, without its progress.

    Its driver lets it go on so many times, then drops it; 0: the driver is gone.
    """
    project = Project(root) if (root / "encoder").is_dir() else tiny_project(root)
    chosen = tiny_settings(project, **settings)
    said: list[dict[str, Any]] = []

    def hear(message: dict[str, Any]) -> None:
        if "progress" in message:
            return
        said.append(message)
        if "ended" in message:
            worker.hear(None)
        elif patience:
            worker.hear({"go_on": len(said) <= patience})

    worker = Worker(root, hear, StopRequest())
    job = {"run": "t", "settings": chosen.model_dump(mode="json")}
    worker.hear({**job, "folds": [0, 1]})
    if not patience:
        worker.hear(None)
    worker.work()
    return said


def test_a_trial_is_asked_about_after_each_look_of_its_first_fold_and_each_fold(
    tmp_path: Path,
) -> None:
    said = said_by(tmp_path)
    kinds = [next(iter(message)) for message in said]
    looks = kinds.count("look")
    assert looks > 2
    assert kinds == [*["look"] * looks, "fold", "fold", "ended"]
    assert said[-1]["ended"] == {"state": "finished", "error": "", "complaints": ()}
    shares = [m["look"]["step"] / m["look"]["steps"] for m in said[:looks]]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    # each look is kept, aligned by id with the fold's own predictions
    kept = look_files(tmp_path / "runs" / "t")
    assert [look.share for look in kept] == shares
    valid = read_predictions(tmp_path / "runs" / "t" / "fold-0" / "valid.csv")
    scores = {m["look"]["step"]: m["look"]["score"] for m in said[:looks]}
    best = min(kept, key=lambda look: scores[look.step])
    table = read_predictions(best.path).aligned_to(valid.ids, "the fold")
    assert table.values == pytest.approx(valid.values)


def test_a_trial_that_is_dropped_ends_at_once_and_has_no_score(tmp_path: Path) -> None:
    said = said_by(tmp_path, patience=1)
    assert [next(iter(message)) for message in said] == ["look", "look", "ended"]
    assert said[-1]["ended"]["state"] == "dropped"
    assert not (tmp_path / "runs" / "t" / "scores.json").exists()


def test_finished_folds_are_told_again_and_not_trained_again(tmp_path: Path) -> None:
    said_by(tmp_path)
    before = (tmp_path / "runs" / "t" / "fold-0" / "journal.jsonl").read_bytes()
    again = said_by(tmp_path)
    assert [next(iter(message)) for message in again] == ["fold", "fold", "ended"]
    assert (tmp_path / "runs" / "t" / "fold-0" / "journal.jsonl").read_bytes() == before


def test_a_driver_that_is_gone_gives_no_answer_and_the_training_goes_on_to_its_stop(
    tmp_path: Path,
) -> None:
    said = said_by(tmp_path, patience=0)
    # nobody asked for a stop here, as the listening thread does: it trains to its end
    assert said[-1]["ended"]["state"] == "finished"


def test_a_trial_that_its_encoder_cannot_have_fails_with_the_reason(tmp_path: Path) -> None:
    (said,) = said_by(tmp_path, encoder={"reinitialise": 99})
    assert (said["ended"]["state"], said["ended"]["error"]) == ("failed", "UsageError")
    assert "encoder.reinitialise=99 is more than the 2 layers" in said["ended"]["complaints"][0]
