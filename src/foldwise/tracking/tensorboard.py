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
SECONDS_IN_MEMORY = 5  # at most, before a thread of the writer brings points to the disk


class TensorBoard:
    """Event files under `runs/<run>/tensorboard/`: one folder a run, a curve a fold and figure.

    The journals have everything, so the files of an earlier process are written anew: a resumed run
    has each point once, whatever a kill left behind.
    """

    name = "TensorBoard"

    def __init__(self, run: Path) -> None:
        self._package = imported("tensorboardX", "tensorboard")
        self._folder = run / FOLDER
        self._writer: Any = None
        self._written: set[Point] = set()

    def update(self, record: RunRecord) -> None:
        """Append the points that are not in the file yet."""
        if self._writer is None:
            self._begin(record)
        for point in record.points:
            if point not in self._written:
                self._writer.add_scalar(point.curve, point.value, point.step, walltime=point.time)
                self._written.add(point)

    def close(self, record: RunRecord) -> None:
        """Append the rest, and the scores of a finished run as points at step 0."""
        self.update(record)
        for name, value in record.scores.items():
            self._writer.add_scalar(f"scores/{name}", value, 0, walltime=time.time())
        self._writer.close()
        self._writer = None

    def _begin(self, record: RunRecord) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._writer = self._package.SummaryWriter(
            logdir=str(self._folder), flush_secs=SECONDS_IN_MEMORY
        )
        self._written = set()
        table = "".join(f"| {name} | {value} |\n" for name, value in record.settings.items())
        self._writer.add_text("settings", f"| setting | value |\n|---|---|\n{table}")
