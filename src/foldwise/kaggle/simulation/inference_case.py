"""One case of an inference kernel: a session, and its verdict."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from foldwise.competition.competition import Competition
from foldwise.kaggle.simulation.case_files import unpacked_name
from foldwise.kaggle.simulation.case_rows import CaseRows
from foldwise.kaggle.simulation.cases import Case
from foldwise.kaggle.simulation.executing import NO_GPU, Played, Stage, execute
from foldwise.kaggle.simulation.isolation import Heard
from foldwise.kaggle.simulation.judging import VALUES, inference_checks
from foldwise.kaggle.simulation.verdict import Check, Verdict
from foldwise.predictions.table import Predictions
from foldwise.storage import write_bytes

# Local predictions for the rows of a file, with variables beside this process's.
Predict = Callable[[Path, dict[str, str]], Predictions]

KEPT = "simulation"  # in the kernel's folder


def play_inference(
    stage: Stage, case: Case, rows: CaseRows, folder: Path, heard: Heard, predict: Predict
) -> Verdict:
    """The verdict of one case; its files in `folder` are removed."""
    with removed(folder / case.name) as own:
        played = execute(stage, case, rows, own, heard)
        competition = as_mounted(stage.loaded.competition, played)
        reference = None
        if case.ending == "complete" and rows.ids:
            test = competition.path("test")
            reference = predict(test, {} if case.gpus == "machine" else NO_GPU)
        checks = tuple(inference_checks(played.outcome, case, competition, reference))
        notebook = keep(stage, played, case.name)
    return Verdict(case, happened(played, checks), seconds_of(played), checks, (notebook,))


@contextmanager
def removed(folder: Path) -> Iterator[Path]:
    """`folder`, which is removed at the end, with whatever was made in it."""
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def as_mounted(competition: Competition, played: Played) -> Competition:
    """The competition with the files that the kernel found."""
    files = competition.files
    unpacked = {
        name: unpacked_name(getattr(files, name)) for name in ("train", "test", "sample_submission")
    }
    return competition.model_copy(
        update={"folder": played.tree.competition, "files": files.model_copy(update=unpacked)}
    )


def keep(stage: Stage, played: Played, name: str) -> str:
    """Where the executed notebook is kept, relative to the kernel's folder."""
    kept = f"{KEPT}/{name}.ipynb"
    if played.executed.is_file():
        write_bytes(stage.kernel.folder / kept, played.executed.read_bytes())
    return kept


def happened(played: Played, checks: tuple[Check, ...]) -> str:
    """What became of a session, in a few words."""
    outcome = played.outcome
    session = outcome.session
    parts = [str(outcome.report.get("state", "no report")).replace("-", " ")]
    if session is None:
        parts = ["stopped from outside"]
    elif session.state != "finished":
        parts.append(f"{session.state}: cell {session.cell}")
    values = [check.seen for check in checks if check.what == VALUES]
    return ", ".join([*parts, *values])


def seconds_of(played: Played) -> float:
    """How long the notebook ran."""
    return played.outcome.session.seconds if played.outcome.session else 0.0
