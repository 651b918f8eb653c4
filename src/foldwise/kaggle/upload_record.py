"""What was uploaded of a kernel's folder last: kept in the folder, through every build."""

from dataclasses import asdict, dataclass
from pathlib import Path

from foldwise.storage import read_record, write_json

FILE = "pushed.json"


@dataclass(frozen=True)
class UploadRecord:
    """What `pushed.json` holds.

    Attributes:
        dataset: its id on Kaggle; empty: none was uploaded.
        sha256: of the package's manifest in it, which holds the SHA-256 of each of its files.
        url: of the notebook; empty: it was not pushed yet, so that it cannot have an output.
    """

    dataset: str = ""
    sha256: str = ""
    url: str = ""


def read_uploads(folder: Path) -> UploadRecord:
    """What was uploaded of the kernel in `folder`; an empty record where nothing was.

    Raises:
        StorageError: the record is damaged.
    """
    path = folder / FILE
    return read_record(path, UploadRecord) if path.is_file() else UploadRecord()


def write_uploads(folder: Path, record: UploadRecord) -> None:
    """Keep `record` in the kernel's folder."""
    write_json(folder / FILE, asdict(record))
