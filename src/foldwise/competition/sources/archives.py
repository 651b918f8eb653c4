"""Single files in ZIP archives: found, read, unpacked and packed.

Members are read by name and written under names chosen here, never extracted: a path in the archive
cannot choose where a file lands.
"""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from foldwise.competition.zips import opened_zip
from foldwise.errors import DataError, listed

CHUNK_BYTES = 1 << 20


def members_by_name(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Each file in the archive by its last name; of equal names, the one least deep."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in sorted(
        archive.infolist(), key=lambda info: (info.filename.count("/"), info.filename)
    ):
        if not info.is_dir():
            found.setdefault(PurePosixPath(info.filename).name, info)
    return found


@contextmanager
def opened_data(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a data file; of `train.tsv.zip`, those of the member `train.tsv`.

    Raises:
        DataError: the archive is damaged, or has no such member.
    """
    if path.suffix != ".zip":
        with path.open("rb") as file:
            yield file
        return
    with opened_zip(path) as archive, archive.open(_only_member(path, archive)) as member:
        yield member


def unpack(archive: Path, to: Path) -> None:
    """Write the member of `archive` that `opened_data` reads to `to`."""
    with opened_data(archive) as member, to.open("wb") as file:
        shutil.copyfileobj(member, file, CHUNK_BYTES)


def pack(path: Path, to: Path) -> None:
    """Write a ZIP archive whose one member is the file `path`; equal files make equal archives."""
    info = zipfile.ZipInfo(path.name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.file_size = path.stat().st_size  # so that members above 2 GiB get the larger format
    with (
        zipfile.ZipFile(to, "w") as archive,
        path.open("rb") as file,
        archive.open(info, "w") as member,
    ):
        shutil.copyfileobj(file, member, CHUNK_BYTES)


def _only_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = members_by_name(archive)
    wanted = path.name.removesuffix(".zip")
    if wanted not in members:
        raise DataError(
            f"{path.name} must hold a file named {wanted}: it holds "
            f"{listed(sorted(members)) or 'none'}; get the archive with that file"
        )
    return members[wanted]
