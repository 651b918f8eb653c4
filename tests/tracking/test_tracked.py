"""A training that trackers follow."""

import signal
from pathlib import Path

import pytest

from foldwise.errors import FoldwiseWarning, Interrupted, UsageError
from foldwise.paths import Project
from foldwise.settings import Tracking
from foldwise.tracking import tracker as tracker_module
from foldwise.tracking.record import RunRecord, looks_of
from foldwise.tracking.tensorboard import TensorBoard
from foldwise.tracking.tracked import SECONDS_BETWEEN, Following, trackers_of, train_tracked
from foldwise.training.progress import Progress, ignore
from foldwise.training.run import RunRequest
from foldwise.training.stopping import StopRequest
from tests.tracking.journaled_runs import begin
from tests.tracking.test_tensorboard import scores_of
from tests.training.tiny_runs import results_of, tiny_project, tiny_settings, train_tiny

MOMENT = Progress(0, "train", 1, 2)
ON = {"tensorboard": True}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return tiny_project(tmp_path_factory.mktemp("project"))


def request_of(project: Project, name: str) -> RunRequest:
    changed = {"training": {"epochs": 1.0, "folds": 2}, "tracking": ON}
    return RunRequest(name, tiny_settings(project, **changed), workers=1)


def test_a_stopped_and_resumed_run_has_every_evaluation_once(project: Project) -> None:
    pytest.importorskip("tensorboardX")
    stop = StopRequest()

    def ask(progress: Progress) -> None:
        if progress.fold == 1 and progress.phase == "train" and progress.done == 3:
            stop.ask(signal.SIGTERM)

    request = request_of(project, "stopped")
    with pytest.raises(Interrupted):
        train_tracked(project, request, stop, ask)
    folder = project.run("stopped")
    before = scores_of(folder)
    assert {name for name, _, _ in before} >= {"fold-0/validation_score"}
    train_tracked(project, request, StopRequest())
    journaled = [
        (f"{fold}/validation_score", look["step"], round(look["score"], 4))
        for fold in ("fold-0", "fold-1")
        for look in looks_of(folder / fold)
    ]
    assert scores_of(folder) == journaled
    assert len(journaled) > len(before)


def test_trackers_change_neither_the_run_nor_its_identity(project: Project) -> None:
    pytest.importorskip("tensorboardX")
    plain = train_tiny(project, "plain", training={"epochs": 1.0, "folds": 2})
    manifest = (plain.folder / "manifest.json").read_bytes()
    train_tracked(project, request_of(project, "plain"), StopRequest())  # resumed with trackers
    followed = train_tracked(project, request_of(project, "followed"), StopRequest())
    assert results_of(followed.folder) == results_of(plain.folder)
    assert (followed.folder / "manifest.json").read_bytes() == manifest
    assert scores_of(plain.folder) == scores_of(followed.folder) != []


def test_a_run_that_is_refused_is_not_touched(project: Project) -> None:
    pytest.importorskip("tensorboardX")
    train_tiny(project, "other", training={"epochs": 1.0, "folds": 2}, seed=5)
    with pytest.raises(UsageError, match="seed: the run has 5, now asked for 42"):
        train_tracked(project, request_of(project, "other"), StopRequest())
    assert not (project.run("other") / "tensorboard").exists()


class Broken:
    """Fails whenever it is called, and counts."""

    name = "Broken"

    def __init__(self) -> None:
        self.calls = 0

    def update(self, record: RunRecord) -> None:
        del record
        self.calls += 1
        raise RuntimeError("no disk")

    def close(self, record: RunRecord) -> None:
        self.update(record)


class Kept(Broken):
    """Works."""

    def update(self, record: RunRecord) -> None:
        del record
        self.calls += 1


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_tracker_that_fails_is_told_once_and_the_others_go_on(tmp_path: Path) -> None:
    broken, kept, clock = Broken(), Kept(), Clock()
    following = Following(begin(tmp_path / "run"), [broken, kept], ignore, clock)
    clock.now = SECONDS_BETWEEN
    message = "Broken follows run no longer: RuntimeError: no disk; training goes on"
    with pytest.warns(FoldwiseWarning, match=message):
        following(MOMENT)
    clock.now *= 2
    following(MOMENT)
    following.close()
    assert (broken.calls, kept.calls) == (1, 3)


def test_trackers_catch_up_now_and_then(tmp_path: Path) -> None:
    clock, kept, reported = Clock(), Kept(), list[Progress]()
    following = Following(begin(tmp_path / "run"), [kept], reported.append, clock)
    assert not following.has_begun
    for now in (1.0, 9.9, 10.0, 15.0, 20.0):
        clock.now = now
        following(MOMENT)
    assert kept.calls == 2
    assert reported == [MOMENT] * 5
    assert following.has_begun


def test_a_slow_tracker_is_asked_less_often(tmp_path: Path) -> None:
    clock = Clock()

    class Slow(Kept):
        def update(self, record: RunRecord) -> None:
            super().update(record)
            clock.now += 2.0

    slow = Slow()
    following = Following(begin(tmp_path / "run"), [slow], ignore, clock)
    for now in (10.0, 30.0, 111.9, 112.0):
        clock.now = now
        following(MOMENT)
    assert slow.calls == 2  # after 2 seconds of its own, 100 of training


def test_a_package_that_is_missing_is_told_before_training(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tensorboardX", None)
    with pytest.raises(UsageError) as raised:
        train_tracked(project, request_of(project, "never"), StopRequest())
    assert "tracking.tensorboard needs the package tensorboardX" in str(raised.value)
    assert str(raised.value).endswith(f"run: {tracker_module.INSTALL}, or leave the setting out")
    assert not project.run("never").exists()


def test_no_tracker_is_there_unless_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    assert trackers_of(Tracking(), Project(tmp_path), tmp_path / "run") == []
    (only,) = trackers_of(Tracking(tensorboard=True), Project(tmp_path), tmp_path / "run")
    assert isinstance(only, TensorBoard)
