"""A process that predicts on one device: `python -m foldwise.kaggle.session.worker ...`.

It reads one job a line from standard input, writes its predictions to the file that the job names,
and answers with one line of JSON. It ends when standard input does.
"""

import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load_test
from foldwise.competition.rows import Rows
from foldwise.errors import FoldwiseError
from foldwise.kaggle.session.precision import Wanted, hardware_here
from foldwise.paths import Project
from foldwise.pipeline.fold_models import FinishedRun, finished_run
from foldwise.pipeline.predicting import predicted_by
from foldwise.predictions.table import Predictions, write_predictions
from foldwise.training.worker import speaker

POLL_SECONDS = 1.0
FEWEST_TOKENS = 256  # at once; a GPU that cannot hold these holds nothing


def main(root: str, competition: str, kind: str, precision: Wanted, cores: str) -> int:
    """The exit code: 0 once standard input has ended."""
    say = speaker()
    warnings.showwarning = lambda message, *_rest: say({"note": str(message)})
    if cores:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    threading.Thread(target=_end_with_driver, args=(os.getppid(),), daemon=True).start()
    project = Project(Path(root))
    try:
        rows = load_test(load_competition(project.competition(competition)))
        for line in sys.stdin:
            _obey(project, rows, json.loads(line), kind, precision, say)
    except FoldwiseError as error:
        say({"error": type(error).__name__, "complaints": list(error.complaints)})
        return error.exit_code
    return 0


def _end_with_driver(driver: int) -> None:
    """End this process, in the middle of a job too, once the notebook's process is gone."""
    while os.getppid() == driver:
        time.sleep(POLL_SECONDS)
    os._exit(1)


def _obey(
    project: Project,
    rows: Rows,
    job: dict[str, Any],
    kind: str,
    precision: Wanted,
    say: Callable[[dict[str, Any]], None],
) -> None:
    began = time.monotonic()
    whole = finished_run(project, job["run"])
    hardware = hardware_here(whole.settings, kind, precision)
    one = replace(
        whole,
        folds=(int(job["fold"]),),
        settings=whole.settings.model_copy(update={"hardware": hardware}),
    )
    (table,) = _with_room(one, rows)
    write_predictions(Path(job["file"]), table)
    say({"done": job["file"], "seconds": time.monotonic() - began})


def _with_room(run: FinishedRun, rows: Rows) -> Sequence[Predictions]:
    """The predictions, with as many tokens at once as the GPU's memory holds."""
    while True:
        try:
            return predicted_by(run, rows.ids, rows.texts)
        except RuntimeError as error:
            training = run.settings.training
            if "out of memory" not in str(error) or training.micro_batch_tokens < FEWEST_TOKENS:
                raise
        fewer = training.model_copy(update={"micro_batch_tokens": training.micro_batch_tokens // 2})
        run = replace(run, settings=run.settings.model_copy(update={"training": fewer}))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))  # type: ignore[arg-type]  # its driver gives a precision
