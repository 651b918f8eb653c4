"""A Foldwise project made of links to the inputs: every command's code works in it unchanged."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from foldwise.competition.competition import Competition, load_competition
from foldwise.competition.files import FileName, located
from foldwise.kaggle.session.finding import find_data
from foldwise.kaggle.session.session import Session


def stage(session: Session, files: Sequence[FileName], runs: Path) -> Competition:
    """The competition, whose `files` are linked from where Kaggle mounted them.

    Args:
        session: whose project is made.
        files: that the competition must have here.
        runs: the folder of the project's runs: the package's, or one to write to.

    Raises:
        DataError: the files are nowhere among the inputs.
    """
    root, packed = session.project.root, session.folder / "input" / session.package.competition
    shutil.rmtree(root, ignore_errors=True)  # of this notebook, run a second time
    folder = root / "input" / session.package.competition
    folder.mkdir(parents=True)
    shutil.copyfile(packed / "competition.toml", folder / "competition.toml")
    competition = load_competition(folder)
    data = find_data(session, competition, files)
    for file in files:
        there = located(data / competition.path(file).relative_to(folder))
        here = folder / there.relative_to(data)
        here.parent.mkdir(parents=True, exist_ok=True)
        here.symlink_to(there)
    (root / "runs").symlink_to(runs, target_is_directory=True)
    if (session.folder / "folds").is_dir():
        (root / "folds").symlink_to(session.folder / "folds", target_is_directory=True)
    return competition
