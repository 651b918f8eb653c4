"""The files of a competition, found in a folder or in one ZIP archive of all of them."""

import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from foldwise.competition.sources.archives import (
    CHUNK_BYTES,
    members_by_name,
    pack,
    unpack,
)
from foldwise.competition.sources.staging import Stage
from foldwise.competition.zips import opened_zip
from foldwise.errors import Complaints, DataError, listed

Copy = Callable[[str, Path], None]  # writes the file of that name to a path


def collect(names: Sequence[str], origin: Path, stage: Stage) -> None:
    """Copy each named file from `origin`, a folder or a ZIP archive, to the stage.

    A file that is there only with `.zip`, or only without, is unpacked or packed, so that the
    stage holds exactly the names asked for.

    Raises:
        DataError: `origin` does not exist, files are missing (all of them named), or an archive is
            damaged.
    """
    if origin.is_dir():
        there = {path.name: path for path in origin.iterdir() if path.is_file()}
        _collect(names, origin, there, lambda name, to: _copy(there[name], to), stage)
    elif origin.is_file():
        with opened_zip(origin) as archive:
            members = members_by_name(archive)

            def extract(name: str, to: Path) -> None:
                with archive.open(members[name]) as member, to.open("wb") as file:
                    shutil.copyfileobj(member, file, CHUNK_BYTES)

            _collect(names, origin, members, extract, stage)
    else:
        raise DataError(f"{origin} must be a folder or a ZIP archive: no such path")


def variant(name: str) -> str:
    """The name with `.zip`, or without where it has it."""
    return name.removesuffix(".zip") if name.endswith(".zip") else f"{name}.zip"


def _collect(
    names: Sequence[str], origin: Path, there: Collection[str], copy: Copy, stage: Stage
) -> None:
    complaints = Complaints()
    for name in names:
        if name not in there and variant(name) not in there:
            complaints.add(
                f"{origin} must hold {name} or {variant(name)}: "
                f"it holds {listed(sorted(there)) or 'no file'}; add the file"
            )
    complaints.raise_if_any(DataError)
    for name in names:
        if name in there:
            copy(name, stage.files / name)
        else:
            copy(variant(name), stage.scratch / variant(name))
            convert = unpack if variant(name).endswith(".zip") else pack
            convert(stage.scratch / variant(name), stage.files / name)


def _copy(path: Path, to: Path) -> None:
    """Copy the bytes only: the copy of a read-only file can be replaced and removed."""
    shutil.copyfile(path, to)
