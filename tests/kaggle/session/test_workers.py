"""One process a device; a program stands in for what predicts, so that it can be made to fail."""

import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from foldwise.errors import DataError, FoldFailed
from foldwise.kaggle.session import workers
from foldwise.kaggle.session.devices import Device
from foldwise.kaggle.session.jobs import Job
from foldwise.kaggle.session.session import Session
from foldwise.kaggle.session.workers import Predicted, predict_jobs
from foldwise.paths import Project
from tests.kaggle.sessions import begun

FAKE = Path(__file__).parents[1] / "fake_worker.py"
TWO = [Device("simulated", "0", "GPU 0"), Device("simulated", "1", "GPU 1")]
JOBS = [Job("big", 0, 100.0), Job("big", 1, 100.0), Job("small", 0, 1.0), Job("small", 1, 1.0)]


class Call(NamedTuple):
    gpu: str
    process: int
    run: str
    fold: int


class Tried:
    """Jobs tried by processes that behave as they are told."""

    def __init__(self, session: Session, patch: pytest.MonkeyPatch, log: Path) -> None:
        self.session, self._patch, self._log = session, patch, log

    def predict(self, behaviour: str, devices: list[Device] = TWO) -> Predicted:
        worker = (sys.executable, str(FAKE), str(self._log), behaviour)
        self._patch.setattr(workers, "WORKER", worker)
        return predict_jobs(self.session, JOBS, devices)

    @property
    def calls(self) -> list[Call]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [Call(*json.loads(line)) for line in lines]


@pytest.fixture
def tried(
    words_built: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Tried:
    data = project.competition("tiny-regression")
    session = begun(words_built, tmp_path / "kaggle", data)
    return Tried(session, monkeypatch, tmp_path / "calls.jsonl")


def test_every_job_is_done_once_by_one_process_a_device(tried: Tried) -> None:
    predicted = tried.predict("answer")
    assert sorted((call.run, call.fold) for call in tried.calls) == [job.key for job in JOBS]
    assert {call.gpu for call in tried.calls} <= {"0", "1"}
    for gpu in ("0", "1"):
        assert len({call.process for call in tried.calls if call.gpu == gpu}) <= 1
    assert predicted.left == ()
    assert predicted.tables["big", 1].values.tolist() == [[1.0]]
    assert tried.session.remarks == ["a note"]


def test_jobs_are_begun_in_their_order(tried: Tried) -> None:
    tried.predict("answer", TWO[:1])
    assert [(call.run, call.fold) for call in tried.calls] == [job.key for job in JOBS]


def test_a_process_that_died_once_is_started_again(tried: Tried) -> None:
    predicted = tried.predict("die once", TWO[:1])
    assert predicted.left == ()
    assert len(tried.calls) == len(JOBS) + 1
    assert "the process of big fold 0 died (exit code 9)" in tried.session.remarks


def test_half_a_line_of_a_killed_process_is_no_answer(tried: Tried) -> None:
    predicted = tried.predict("torn", TWO[:1])
    assert predicted.left == ()
    (remark,) = [text for text in tried.session.remarks if "died" in text]
    assert remark.startswith("the process of big fold 0 died (exit code ")


def test_a_process_that_does_not_end_is_killed(
    tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "END_SECONDS", 0.2)
    began = time.monotonic()
    assert tried.predict("linger").left == ()
    assert time.monotonic() - began < 60


def test_a_process_that_died_twice_fails_by_name_and_no_other_job_is_begun(tried: Tried) -> None:
    with pytest.raises(FoldFailed, match="predicts big fold 0 on GPU 0 died 2 times"):
        tried.predict("die", TWO[:1])
    assert len(tried.calls) == 2


def test_a_bad_device_is_given_up_and_the_others_do_its_jobs(tried: Tried) -> None:
    predicted = tried.predict("die on GPU 1")
    assert predicted.left == ()
    assert len([call for call in tried.calls if call.gpu == "1"]) == 2
    assert any(text.startswith("GPU 1 is given up: ") for text in tried.session.remarks)


def test_a_job_that_kills_on_every_device_fails(tried: Tried) -> None:
    with pytest.raises(FoldFailed, match=r"on GPU 0 died 2 times[^$]*on GPU 1 died 2 times"):
        tried.predict("die")


def test_an_error_of_the_users_keeps_its_kind(tried: Tried) -> None:
    with pytest.raises(DataError, match="the fold is bad"):
        tried.predict("fail")


def test_what_does_not_end_in_time_is_stopped_and_left(tried: Tried) -> None:
    object.__setattr__(tried.session, "ends", time.monotonic() + 3.0)
    object.__setattr__(tried.session, "began", time.monotonic())
    began = time.monotonic()
    predicted = tried.predict("sleep")
    assert time.monotonic() - began < 60
    assert predicted.tables == {}
    assert predicted.left == tuple(job.key for job in JOBS)


def test_a_job_that_is_not_expected_to_end_in_time_comes_last_and_is_tried(tried: Tried) -> None:
    queue = workers._Queue(tried.session, JOBS)
    assert queue.taken() == JOBS[0]
    queue.done(JOBS[0], Path("file"), 2 * queue.seconds_left())  # as long again is too long
    assert queue.taken() == JOBS[2]  # nothing is known yet of the other run's pace
    queue.done(JOBS[2], Path("file"), queue.seconds_left() / 2)
    assert queue.taken() == JOBS[3]
    assert queue.taken() == JOBS[1]  # the clock stops it, if it must
    assert queue.taken() is None
