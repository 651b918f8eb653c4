"""Event files as TensorBoard reads them."""

import errno
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foldwise.errors import FoldwiseWarning
from foldwise.tracking.record import run_record
from foldwise.tracking.tensorboard import TensorBoard
from foldwise.tracking.tracked import Following
from foldwise.training.progress import ignore
from tests.tiny_competitions import tiny_regression
from tests.tiny_tfidf import train_tfidf
from tests.tracking.journaled_runs import begin, look

pytest.importorskip("tensorboardX")


def events(run: Path) -> Iterator[Any]:
    """The events in the run's files: records of length, its CRC, an Event, and the CRC of that."""
    from tensorboardX.crc32c import crc32c
    from tensorboardX.proto.event_pb2 import Event

    def masked(data: bytes) -> int:
        crc = int(crc32c(data))
        return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

    for path in sorted((run / "tensorboard").iterdir()):
        data = path.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            body = data[12 : 12 + length]
            crcs = data[8:12] + data[12 + length : 16 + length]
            assert struct.unpack("<II", crcs) == (masked(data[:8]), masked(body))
            yield Event.FromString(body)
            data = data[16 + length :]


def scalars(run: Path) -> list[tuple[str, int, float]]:
    """Name, step and value of every point in the files, in their order."""
    return [
        (value.tag, event.step, value.simple_value)
        for event in events(run)
        for value in event.summary.value
        if value.HasField("simple_value")
    ]


def scores_of(run: Path) -> list[tuple[str, int, float]]:
    return [(t, s, round(v, 4)) for t, s, v in scalars(run) if t.endswith("validation_score")]


def test_points_are_appended_as_they_come_with_their_own_times(tmp_path: Path) -> None:
    run = begin(tmp_path / "run")
    board = TensorBoard(run)
    look(run, 0, 4, 0.5)
    board.update(run_record(run))
    board.update(run_record(run))  # nothing new
    look(run, 0, 8, 0.4)
    look(run, 1, 4, 0.6)
    board.close(run_record(run))
    assert scores_of(run) == [
        ("fold-0/validation_score", 4, 0.5),
        ("fold-0/validation_score", 8, 0.4),
        ("fold-1/validation_score", 4, 0.6),
    ]
    assert len(list((run / "tensorboard").iterdir())) == 1
    times = {e.wall_time for e in events(run) if any(v.simple_value for v in e.summary.value)}
    assert times <= {point.time for point in run_record(run).points}


def test_a_resumed_run_has_each_point_once(tmp_path: Path) -> None:
    run = begin(tmp_path / "run")
    look(run, 0, 4, 0.5)
    look(run, 0, 8, 0.4)
    TensorBoard(run).update(run_record(run))  # and killed
    look(run, 0, 8, 0.4)  # made again
    look(run, 0, 12, 0.3)
    TensorBoard(run).close(run_record(run))
    assert [(step, value) for _, step, value in scores_of(run)] == [(4, 0.5), (8, 0.4), (12, 0.3)]


def test_settings_are_a_table_and_scores_stand_at_step_0(tmp_path: Path) -> None:
    folder = train_tfidf(tiny_regression(tmp_path), "words").folder
    record = run_record(folder)
    TensorBoard(folder).close(record)
    found = {tag: value for tag, step, value in scalars(folder) if step == 0}
    assert found == {f"scores/{k}": pytest.approx(v) for k, v in record.scores.items()}
    values = [value for event in events(folder) for value in event.summary.value]
    (table,) = [value.tensor.string_val[0] for value in values if value.HasField("tensor")]
    assert b"| kind | tfidf |\n" in table


def test_a_full_disk_ends_the_tracker_and_holds_up_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorboardX.record_writer import RecordWriter

    def full(_writer: RecordWriter, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run = begin(tmp_path / "run")
    for step in range(20):  # more than a queue would hold
        look(run, 0, step, 0.5)
    board = TensorBoard(run)
    board.update(run_record(begin(tmp_path / "young")))  # the file is open
    monkeypatch.setattr(RecordWriter, "write", full)
    told: list[str] = []

    def follow() -> None:
        with pytest.warns(FoldwiseWarning) as caught:
            Following(run, [board], ignore).close()
        told.extend(str(warning.message) for warning in caught)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    (message,) = told
    assert message.startswith(
        "TensorBoard follows run no longer: OSError: [Errno 28] No space left on device; training"
    )
