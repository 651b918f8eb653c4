"""TensorBoard's event files in the run's folder, written without TensorFlow and without a server.

By tensorboardX (https://tensorboardx.readthedocs.io), which needs NumPy and protobuf alone.
"""

import shutil
import time
from pathlib import Path
from typing import Any

from foldwise.tracking.record import Point, RunRecord
from foldwise.tracking.tracker import imported

FOLDER = "tensorboard"


class TensorBoard:
    """Event files under `runs/<run>/tensorboard/`: one folder a run, a curve a fold and figure.

    The journals have everything, so the files of an earlier process are written anew: a resumed run
    has each point once, whatever a kill left behind.

    Events are written at once: tensorboardX's SummaryWriter has a thread and a short queue for it,
    and where that thread died, of a full disk, the next points would wait for ever.
    """

    name = "TensorBoard"

    def __init__(self, run: Path) -> None:
        imported("tensorboardX", "tensorboard")
        self._summary = imported("tensorboardX.summary", "tensorboard")
        self._event: Any = imported("tensorboardX.proto.event_pb2", "tensorboard").Event
        self._files = imported("tensorboardX.event_file_writer", "tensorboard")
        self._folder = run / FOLDER
        self._writer: Any = None
        self._written: set[Point] = set()

    def update(self, record: RunRecord) -> None:
        """Append the points that are not in the file yet."""
        if self._writer is None:
            self._begin(record)
        for point in record.points:
            if point not in self._written:
                summary = self._summary.scalar(point.curve, point.value)
                self._write(summary, point.step, point.time)
                self._written.add(point)
        self._writer.flush()

    def close(self, record: RunRecord) -> None:
        """Append the rest, and the scores of a finished run as points at step 0."""
        self.update(record)
        for name, value in record.scores.items():
            self._write(self._summary.scalar(f"scores/{name}", value), 0, time.time())
        self._writer.close()
        self._writer = None

    def _begin(self, record: RunRecord) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._writer = self._files.EventsWriter(str(self._folder / "events"))
        self._written = set()
        table = "".join(f"| {name} | {value} |\n" for name, value in record.settings.items())
        text = self._summary.text("settings", f"| setting | value |\n|---|---|\n{table}")
        self._write(text, 0, time.time())

    def _write(self, summary: Any, step: int, at: float) -> None:
        self._writer.write_event(self._event(summary=summary, step=step, wall_time=at))
