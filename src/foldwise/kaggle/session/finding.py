"""Inputs are found by what they hold: where Kaggle mounts them has changed, and will again.

https://www.kaggle.com/docs/notebooks#input-files
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from foldwise.competition.competition import Competition
from foldwise.competition.files import FileName, located
from foldwise.errors import DataError
from foldwise.kaggle.session.session import Session
from foldwise.storage import sha256_of_file

DEPTH = 8  # folders below the inputs; deeper ones belong to data sets of other kinds


def folders_below(root: Path) -> Iterator[Path]:
    """All folders in `root`, links followed, each before those in it."""
    for folder, inner, _ in os.walk(root, followlinks=True):
        inner.sort()
        if len(Path(folder).relative_to(root).parts) >= DEPTH:
            inner.clear()
        yield Path(folder)


def find_data(session: Session, competition: Competition, files: Sequence[FileName]) -> Path:
    """The folder among the inputs with `files` of the competition.

    Of several, the one in a folder called like the competition; mounts of the same bytes, as links,
    binds or copies, are one.

    Raises:
        DataError: there is none, or more than one fits; says what to attach.
    """
    fits = [
        folder
        for folder in folders_below(session.input)
        if session.folder not in (folder, *folder.parents) and _has(folder, competition, files)
    ]
    names = {session.package.slug, competition.name} - {""}
    named = [folder for folder in fits if names & set(folder.relative_to(session.input).parts)]
    best = _different(named or fits, competition, files)
    if len(best) == 1:
        return best[0]
    wanted = " and ".join(competition.path(file).name for file in files)
    slug = session.package.slug
    what = f"the competition {slug!r}" if slug else f"a dataset of {competition.name}"
    if not best:
        raise DataError(
            f"no folder in {session.input} holds {wanted}; attach {what} to this notebook "
            f"(Add Input), then run it again"
        )
    raise DataError(
        f"one folder in {session.input} may hold {wanted}, but {len(best)} do: "
        f"{', '.join(map(str, best))}; detach all but {what}"
    )


def _different(
    folders: Sequence[Path], competition: Competition, files: Sequence[FileName]
) -> list[Path]:
    """The first of the folders whose `files` hold the same bytes."""
    if len(folders) < 2:  # a large file is not read for nothing
        return list(folders)
    first: dict[tuple[str, ...], Path] = {}
    for folder in folders:
        inner = (competition.path(file).relative_to(competition.folder) for file in files)
        first.setdefault(tuple(sha256_of_file(located(folder / path)) for path in inner), folder)
    return list(first.values())


def _has(folder: Path, competition: Competition, files: Sequence[FileName]) -> bool:
    try:
        for file in files:
            located(folder / competition.path(file).relative_to(competition.folder))
    except DataError:
        return False
    return True
