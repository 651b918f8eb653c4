"""Studies of a tiny competition, trained by a worker that only pretends to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from foldwise.paths import Project
from foldwise.training.engine import PYTHON
from foldwise.training.engine import ROOT as PROJECT
from foldwise.training.stopping import StopRequest
from foldwise.tuning.deciding import Judge
from foldwise.tuning.ledger import Ledger
from foldwise.tuning.plan import planned
from foldwise.tuning.request import TuneRequest
from foldwise.tuning.study import driven
from tests.tiny_competitions import tiny_regression

ROOT = Path(__file__).parents[2]
EXPERIMENT = """competition = "tiny-regression"
kind = "tfidf"
[tfidf]
penalty = { low = 1e-3, high = 1e3, log = true, default = 3.0 }
"""


def tiny_project(root: Path, experiment: str = EXPERIMENT) -> Project:
    """A project with a regression in three folds, and the experiment `words`."""
    project = tiny_regression(root)
    (root / "experiments").mkdir()
    (root / "experiments" / "words.toml").write_text(experiment)
    return project


def fake_worker(seconds: float = 0.0, *rest: float) -> list[str]:
    """The command of a worker that only pretends to train."""
    words = [str(number) for number in (seconds, *rest)]
    return [PYTHON, str(ROOT / "tests" / "tuning" / "fake_worker.py"), PROJECT, *words]


def study_of(
    project: Project,
    trials: int,
    *,
    command: list[str] | None = None,
    stop: StopRequest | None = None,
    say: Callable[[str], None] = lambda _text: None,
    **options: Any,
) -> tuple[Ledger, Judge]:
    """The record of the study of `words`, after training what is still to be trained."""
    request = TuneRequest("words", trials=trials, **options)
    return driven(
        planned(project, request),
        request,
        stop or StopRequest(),
        say=say,
        show=lambda _trial, _progress: None,
        command=command or fake_worker(),
    )
