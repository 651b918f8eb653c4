"""ZIP archives, whole and readable or refused."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foldwise.errors import DataError

ENCRYPTED = 0x1  # of a member's flags, section 4.4.4 of APPNOTE.TXT


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, open for reading.

    Raises:
        DataError: it is no ZIP archive, it is damaged, or its members are encrypted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            # asked now: zipfile would raise a RuntimeError, as anything in the caller's body may
            if any(member.flag_bits & ENCRYPTED for member in archive.infolist()):
                raise zipfile.BadZipFile("members are encrypted")
            yield archive
    # zipfile raises NotImplementedError for an unknown compression
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(
            f"{path.name} must be a whole ZIP archive without a password: {error}; "
            f"download it again"
        ) from error
