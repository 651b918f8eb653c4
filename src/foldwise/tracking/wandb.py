"""Weights & Biases: an offline run in the run's folder.

https://docs.wandb.ai/models/track

`wandb sync runs/<run>/wandb/offline-run-*` sends it, when and where there is a network.
"""

import shutil
from pathlib import Path
from typing import Any

from foldwise.tracking.record import RunRecord
from foldwise.tracking.tracker import imported

FOLDER = "wandb"


class WeightsAndBiases:
    """One offline run, written whole when the command ends: nobody can look at it before.

    The journals have everything, so a resumed run takes the place of what an earlier command wrote,
    under the same id, by which the service knows it.
    """

    name = "Weights & Biases"

    def __init__(self, run: Path, project: str) -> None:
        self._package = imported("wandb", "wandb")
        self._run, self._project = run, project

    def update(self, record: RunRecord) -> None:
        """Nothing yet: see the class."""

    def close(self, record: RunRecord) -> None:
        """Write the run with all its points, and the scores as its summary."""
        shutil.rmtree(self._run / FOLDER, ignore_errors=True)
        made = self._package.init(
            project=self._project,
            id=record.key,
            name=record.name,
            dir=str(self._run),
            mode="offline",
            config=dict(record.settings),
            settings=self._settings(),
        )
        try:
            self._log(made, record)
            made.summary.update(dict(record.scores))
        finally:
            made.finish()
            self._package.teardown()  # waits for the file, which finish leaves to another process

    def _settings(self) -> Any:
        """Nothing of the machine, the code or the terminal is taken along."""
        return self._package.Settings(
            console="off",
            silent=True,
            disable_git=True,
            save_code=False,
            x_disable_stats=True,
            x_disable_meta=True,
            x_save_requirements=False,
        )

    def _log(self, made: Any, record: RunRecord) -> None:
        """All points; each fold has a step of its own, since folds begin anew at 0."""
        rows: dict[tuple[str, int], dict[str, float]] = {}
        for point in record.points:
            fold = point.curve.partition("/")[0]
            row = rows.setdefault((fold, point.step), {f"{fold}/step": point.step})
            row[point.curve] = point.value
        for fold in dict.fromkeys(fold for fold, _ in rows):
            made.define_metric(f"{fold}/step")
            made.define_metric(f"{fold}/*", step_metric=f"{fold}/step")
        for row in rows.values():
            made.log(row)
