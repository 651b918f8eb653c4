"""Weights in half precision: half the upload, and predictions that differ by a measured little."""

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load_test
from foldwise.ensembling.record import is_ensemble, members_below
from foldwise.errors import UsageError
from foldwise.paths import Project
from foldwise.pipeline.predicting import predict_texts
from foldwise.settings import load_experiment
from foldwise.storage import write_atomically
from foldwise.training.run_scores import read_scores

ROWS_COMPARED = 256


def write_half(source: Path, to: Path) -> None:
    """Write the weights in `source` to `to`, floating ones as float16.

    Raises:
        UsageError: a weight is too large for float16, which would make it infinite.
    """
    halves = {}
    for name, array in load_file(source).items():
        if not np.issubdtype(array.dtype, np.floating):
            halves[name] = array
            continue
        largest = float(np.abs(array).max(initial=0.0))
        if largest > float(np.finfo(np.float16).max):
            raise UsageError(
                f"float16 holds numbers up to 65,504, but {name} in {source} has {largest:,.0f}; "
                f"build without --fp16"
            )
        halves[name] = array.astype(np.float16)
    write_atomically(to, lambda aside: save_file(halves, aside), source.stat().st_size // 2)


def check_something_to_halve(project: Project, run: str) -> None:
    """Check that `run` has an encoder, whose weights alone are written as float16.

    Raises:
        UsageError: it has none, nor has a member.
    """
    folders = [project.run(name) for name in (run, *members_below(project, run))]
    trained = [folder for folder in folders if not is_ensemble(folder)]
    if all(load_experiment(folder / "settings.toml").kind != "encoder" for folder in trained):
        raise UsageError(
            f"--fp16 halves the weights of encoders, and {run} has none; build without --fp16"
        )


def largest_difference(project: Project, packed: Project, run: str) -> float | None:
    """The largest difference between a run's predictions and its packed form's, over test rows.

    The first rows of the test file, 256 at most; in the unit of the predictions. None where it has
    no rows.
    """
    competition = load_competition(project.competition(read_scores(project.run(run)).competition))
    test = load_test(competition)
    if not len(test):
        return None
    some = test.take(range(min(ROWS_COMPARED, len(test))))
    tables = [predict_texts(where, run, some.ids, some.texts) for where in (project, packed)]
    return float(np.abs(tables[0].values - tables[1].values).max(initial=0.0))
