"""ZIP archives, whole and readable or refused."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foldwise.errors import DataError


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, open for reading.

    Raises:
        DataError: it is no ZIP archive, it is damaged, or its members are encrypted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    # zipfile raises RuntimeError for encryption, NotImplementedError for an unknown compression
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise DataError(
            f"{path.name} must be a whole ZIP archive without a password: {error}; "
            f"download it again"
        ) from error
