"""A training in sessions, each a step of the same run."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from foldwise.encoders import fingerprint, resolve_encoder
from foldwise.errors import FoldFailed, FoldwiseError, Interrupted, StorageError, UsageError
from foldwise.journal import Journal
from foldwise.kaggle.building.kernel import BuiltKernel, KernelRequest
from foldwise.kaggle.building.training_kernel import Training, build_training, settings_to_train
from foldwise.kaggle.session import training
from foldwise.kaggle.session.earlier import restore_runs
from foldwise.kaggle.session.report import KernelReport
from foldwise.kaggle.session.session import Session, begin
from foldwise.kaggle.session.training import (
    finish_training,
    names_of,
    settings_of,
    stage_training,
    train,
)
from foldwise.paths import Project
from foldwise.settings import dump_toml
from foldwise.training.progress import Progress, Report, ignore
from foldwise.training.run import RunRequest, RunState, train_run
from foldwise.training.run_scores import FILE as SCORES
from foldwise.training.stopping import StopRequest
from tests.kaggle.conftest import silent
from tests.kaggle.kaggle_root import mount
from tests.kaggle.sessions import begun
from tests.training.tiny_runs import results_of, tiny_settings, train_tiny

FEW = {"epochs": 1.0, "evaluations_per_epoch": 1}


class StopInTheSecondFold(StopRequest):
    """Asks for a stop after so many looks at it: a clock that does not depend on the machine."""

    looks = 0

    @property
    def asked(self) -> bool:
        type(self).looks += 1
        self.signal_number = training.OUT_OF_TIME if self.looks > 20 else 0
        return super().asked


@contextmanager
def stopped_in_the_second_fold() -> Iterator[StopRequest]:
    yield StopInTheSecondFold()


@pytest.fixture(scope="module")
def built(made_once: Project) -> BuiltKernel:
    """The training kernel of the experiment `few`."""
    folder = made_once.root / "experiments"
    folder.mkdir(exist_ok=True)
    (folder / "few.toml").write_text(dump_toml(tiny_settings(made_once, training=FEW)))
    request = KernelRequest("few", owner="some-user")
    return build_training(made_once, request, Training(settings_to_train(made_once, "few")), silent)


@pytest.fixture
def session(
    built: BuiltKernel, made_once: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Session:
    """The first session."""
    for name in ("FOLDWISE_CACHE", "FOLDWISE_ENCODERS"):
        monkeypatch.setenv(name, "set by the session, and back after the test")
    data = made_once.competition("tiny-regression")
    return begun(built.folder, tmp_path / "first", data)


def trained(session: Session) -> KernelReport:
    stage_training(session)
    earlier = restore_runs(session, names_of(session))
    return finish_training(session, train(session, ignore), earlier)


def test_two_sessions_end_with_the_bits_of_one_local_training(
    session: Session,
    built: BuiltKernel,
    made_once: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(training, "stop_on_signals", stopped_in_the_second_fold)
        first = trained(session)
    assert first.state == "partial"
    assert first.folds_left["few"]
    assert first.sessions_left is not None
    assert first.sessions_left >= 1
    assert "the time was up: everything is saved" in first.remarks[0]
    assert first.resumed_from == {}
    assert "first session: no earlier one's output is among the inputs" in first.lines()
    assert any(line.startswith("next session: foldwise kernel push DIR") for line in first.lines())
    output = session.working
    done, begun_folds = folds_of(output / "runs" / "few")
    assert done, "a fold was finished"
    assert begun_folds, "a fold was begun"
    read_only(output)

    root = tmp_path / "second"
    package = mount(root, "package", built.folder / "dataset")
    mount(root, "competitions/tiny-regression", made_once.competition("tiny-regression"))
    mount(root, "notebooks/some-user/few-train", output)
    (root / "working").mkdir()
    second_session = begin(package, root=root, seconds=600, rerun=False)
    second = trained(second_session)
    run = second_session.working / "runs" / "few"
    now, _ = folds_of(run)  # with the seconds that each took: no fold was trained again
    assert {fold: now[fold] for fold in done} == done
    for fold in begun_folds:
        resumed = Journal(run / fold / "journal.jsonl").events("resumed")
        assert [event["step"] > 0 for event in resumed] == [True]
    assert (second.state, second.folds, second.sessions_left) == ("complete", {"few": [0, 1, 2]}, 0)
    assert second.resumed_from == {"few": "notebooks/some-user/few-train/runs/few"}
    assert not any(line.startswith("next session") for line in second.lines())
    kept = {path.name for path in second_session.working.iterdir()}
    assert kept == {"kernel-report.json", "runs"}
    local = train_tiny(made_once, "few-local", training=FEW)
    assert results_of(second_session.working / "runs" / "few") == results_of(local.folder)


def test_a_fold_that_took_longer_than_a_session_does_not_keep_the_others_from_going_on(
    session: Session,
) -> None:
    stage_training(session)
    train(session, ignore)
    run = session.working / "runs" / "few"
    result = run / "fold-0" / "result.json"
    result.write_text(json.dumps({**json.loads(result.read_text()), "seconds": 1e6}))
    shutil.rmtree(run / "fold-2")
    trained_on = train(session, ignore)  # seconds of all its sessions: more than this one has
    assert trained_on.folds == {"few": [0, 1, 2]}
    assert trained_on.score


def test_a_run_whose_folds_are_done_is_not_complete_before_it_has_a_score(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped_before_it_is_gathered(
        project: Project, asked: RunRequest, stop: StopRequest, report: Report
    ) -> RunState:
        (train_run(project, asked, stop, report).folder / SCORES).unlink()
        raise Interrupted(signal.SIGTERM, "stopped")

    with monkeypatch.context() as patch:
        patch.setattr(training, "train_run", stopped_before_it_is_gathered)
        first = trained(session)
    assert first.folds == {"few": [0, 1, 2]}
    assert (first.state, first.sessions_left) == ("partial", 1)
    second = trained(session)
    assert (second.state, second.sessions_left) == ("complete", 0)
    assert second.resumed_from == {"few": f"{session.working}/runs/few"}
    assert "out-of-fold rmse" in second.remarks[-1]


def test_who_interrupts_the_notebook_gets_everything_saved_and_a_report(session: Session) -> None:
    before = signal.getsignal(signal.SIGINT)

    def interrupt(_progress: Progress) -> None:
        if signal.getsignal(signal.SIGINT) != signal.default_int_handler:  # the first time
            os.kill(os.getpid(), signal.SIGINT)

    stage_training(session)
    report = finish_training(session, train(session, interrupt), {})
    assert report.state == "partial"
    assert report.folds_left["few"]
    assert report.remarks == [
        "it was interrupted: everything is saved, and the next session goes on"
    ]
    assert signal.getsignal(signal.SIGINT) == before
    assert trained(session).state == "complete"


@pytest.mark.parametrize("failure", [FoldFailed("fold 1 diverged"), StorageError("no room")])
def test_a_failed_fold_leaves_a_report_and_what_the_next_session_goes_on_with(
    session: Session, monkeypatch: pytest.MonkeyPatch, failure: FoldwiseError
) -> None:
    def fails(project: Project, asked: RunRequest, stop: StopRequest, report: Report) -> RunState:
        train_run(project, replace(asked, folds=(0,)), stop, report)
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(training, "train_run", fails)
        first = trained(session)
    assert (first.state, first.sessions_left) == ("failed", None)
    assert (first.folds, first.folds_left) == ({"few": [0]}, {"few": [1, 2]})
    assert first.remarks[0].startswith(f"FAILED: {failure}; finished folds and checkpoints")
    assert trained(session).state == "complete"


def test_the_room_a_training_takes_is_that_of_checkpoints_and_folds(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "ROOM", 0)
    stage_training(session)
    (encoder,) = (session.folder / "encoders").glob("*/*.safetensors")
    size = encoder.stat().st_size
    assert training.room_to_train(session, 2) == 2 * 3 * 4 * size + 3 * size
    assert training.room_to_train(session, 9) == 3 * 3 * 4 * size + 3 * size  # a fold each
    (session.working / "runs" / "earlier").write_bytes(bytes(100))
    assert training.room_to_train(session, 2) == 2 * 3 * 4 * size + 3 * size - 100


def folds_of(run: Path) -> tuple[dict[str, bytes], list[str]]:
    """The results of finished folds, and the names of those that have a checkpoint instead."""
    done = {path.parent.name: path.read_bytes() for path in run.glob("fold-*/result.json")}
    saved = {path.parent.name for path in run.glob("fold-*/ckpt-*")}
    return done, sorted(saved - set(done))


def read_only(folder: Path) -> None:
    """Take the right to write away, as Kaggle does of inputs."""
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)


def test_the_settings_are_those_of_the_experiment(session: Session, made_once: Project) -> None:
    assert settings_of(session) == tiny_settings(made_once, training=FEW)
    assert names_of(session) == ["few"]


def test_a_finished_runs_settings_are_as_they_were_asked_for(made_once: Project) -> None:
    settings = settings_to_train(made_once, "enc")
    assert settings == tiny_settings(made_once, training={"epochs": 0.5})


def test_an_encoder_of_the_hub_needs_its_place_on_kaggle(made_once: Project) -> None:
    settings = tiny_settings(made_once, encoder={"name": "some/encoder"})
    request = KernelRequest("few", made_once.root / "elsewhere")
    with pytest.raises(UsageError, match="--encoder-source datasets/OWNER/some-encoder"):
        build_training(made_once, request, Training(settings), silent)
    wrong = Training(settings, encoder_source="some/encoder")
    with pytest.raises(UsageError, match="as in the address of its page on Kaggle; got 'some/enc"):
        build_training(made_once, request, wrong, silent)
    assert not request.folder or not request.folder.exists()


def test_an_encoder_that_is_attached_is_what_the_training_starts_from(
    made_once: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FOLDWISE_CACHE", "FOLDWISE_ENCODERS"):
        monkeypatch.setenv(name, "set by the session, and back after the test")
    settings = tiny_settings(made_once, encoder={"name": "some/encoder"})
    request = KernelRequest("few", tmp_path / "out", owner="some-user")
    asked = Training(settings, encoder_source="datasets/me/another-name")
    made = build_training(made_once, request, asked, silent)
    session = begun(made.folder, tmp_path / "root", made_once.competition("tiny-regression"))
    with pytest.raises(UsageError, match="'datasets/me/another-name'; attach it"):
        stage_training(session)
    mount(session.root, "datasets/me/another-name", made_once.root / "encoder")
    stage_training(session)
    found = resolve_encoder("some/encoder", allow_download=False)  # as the training's processes do
    assert fingerprint(found) == fingerprint(resolve_encoder(str(made_once.root / "encoder")))


@pytest.mark.parametrize(
    ("source", "field", "attached"),
    [
        ("datasets/me/enc", "dataset_sources", "me/enc"),
        ("models/me/enc/transformers/base/1", "model_sources", "me/enc/transformers/base/1"),
    ],
)
def test_what_is_attached_is_in_the_metadata(
    made_once: Project, tmp_path: Path, source: str, field: str, attached: str
) -> None:
    from foldwise.kaggle.metadata import check_kernel

    settings = tiny_settings(made_once, encoder={"name": "some/encoder"})
    request = KernelRequest("few", tmp_path / "out", owner="some-user")
    made = build_training(made_once, request, Training(settings, (0, 1), source), silent)
    fields = check_kernel(made.folder / "kernel")
    assert attached in fields[field]
    assert fields["kernel_sources"] == ["some-user/few-train"]  # its own output
    assert made.package.seeds == [0, 1]
    assert (made.package.encoder, made.package.encoder_source) == ("", source)
    assert not (made.folder / "dataset" / "encoders").exists()
