"""The wheel of the Foldwise that is running, written without a build tool or a network.

A wheel is a ZIP of the package and of a folder that describes it, with a hash of every file:
https://packaging.python.org/en/latest/specifications/binary-distribution-format/

It is written here, not by `pip wheel`, so that it holds exactly the code that trained and packed
the run, whether Foldwise runs from a checkout or is installed, and the same code makes the same
bytes. All of Foldwise is Python, so nothing has to be compiled.
"""

import base64
import hashlib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import foldwise
from foldwise.errors import UsageError
from foldwise.storage import write_atomically

NAME = "foldwise"
TAG = "py3-none-any"
WHEEL = f"Wheel-Version: 1.0\nGenerator: {NAME}\nRoot-Is-Purelib: true\nTag: {TAG}\n"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that ZIP knows: the bytes must not depend on the day
READABLE = 0o100644 << 16  # a plain file that all may read, in the upper half as ZIP has it
LEFT_OUT = {"__pycache__"}
KEPT_OF_INFO = ("METADATA", "entry_points.txt")


def write_wheel(folder: Path) -> Path:
    """The wheel of this Foldwise, written into `folder`.

    Raises:
        UsageError: Foldwise was never installed, so that nothing says what it needs.
    """
    installed = _installed()
    info = f"{NAME}-{installed.version}.dist-info"
    files = {name: path.read_bytes() for name, path in _modules()}
    for name in KEPT_OF_INFO:
        text = installed.read_text(name)
        if text is not None:
            files[f"{info}/{name}"] = text.encode()
    files[f"{info}/WHEEL"] = WHEEL.encode()
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD").encode()
    path = folder / f"{NAME}-{installed.version}-{TAG}.whl"
    write_atomically(path, lambda aside: _write_zip(aside, files))
    return path


def _installed() -> Distribution:
    try:
        return distribution(NAME)
    except PackageNotFoundError:
        raise UsageError(
            "a kernel takes Foldwise along as a wheel, which needs the metadata of an installed "
            "one; install it with: pip install --no-deps -e ."
        ) from None


def _modules() -> Iterator[tuple[str, Path]]:
    """The package's own files by their path in the wheel."""
    package = Path(foldwise.__file__).parent
    for path in sorted(package.rglob("*")):
        if path.is_file() and not LEFT_OUT & set(path.parts) and path.suffix != ".pyc":
            yield f"{NAME}/{path.relative_to(package).as_posix()}", path


def _record(files: dict[str, bytes], own: str) -> str:
    """A line for each file with its hash and size; the record's own has neither."""
    lines = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}")
    return "\n".join([*lines, f"{own},,"]) + "\n"


def _write_zip(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
