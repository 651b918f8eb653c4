"""Competition files from Kaggle, through its own program.

The program is called, never imported: its package pulls in much, and a release of it can lack a
dependency. https://github.com/Kaggle/kaggle-api
"""

import re
import shutil
import subprocess
from pathlib import Path

from foldwise.errors import DataError

DOWNLOAD_SECONDS = 3600
SHOWN_LINES = 6

# What the program says -> what to do about it, in the order of asking.
REMEDIES = (
    (
        re.compile(r"max retries|failed to resolve|connection", re.I),
        "Kaggle is out of reach: check the network",
    ),
    (
        re.compile(
            r"\b401\b|unauthori[sz]ed|kaggle\.json|authenticat|credential|access.token", re.I
        ),
        "it is not authorised: make a token at https://www.kaggle.com/settings (API), and put it "
        "where the program says it looks",
    ),
    (
        re.compile(r"\b403\b|forbidden|accept.*rules", re.I),
        "the rules are not accepted: open https://www.kaggle.com/competitions/{slug}/rules while "
        "logged in and accept them",
    ),
    (
        re.compile(r"\b404\b|not found", re.I),
        "there is no such competition: check source.kaggle in competition.toml",
    ),
)


def download(slug: str, name: str, folder: Path) -> Path:
    """The ZIP archive of all files of the competition `slug`, downloaded into `folder`.

    Args:
        slug: the competition on Kaggle.
        name: the competition here, for messages.
        folder: an empty folder.

    Raises:
        DataError: the program is not there, is not authorised, the rules are not accepted, or it
            failed otherwise; with the next step.
    """
    program = shutil.which("kaggle")
    if program is None:
        raise _failed(slug, name, "there is no program 'kaggle' on PATH: pip install kaggle")
    try:
        done = subprocess.run(
            [program, "competitions", "download", "-c", slug, "-p", str(folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _failed(slug, name, f"it was stopped after {DOWNLOAD_SECONDS} seconds") from None
    archive = folder / f"{slug}.zip"
    if done.returncode or not archive.is_file():  # some releases report a refusal with exit code 0
        raise _failed(slug, name, _reason(slug, f"{done.stdout}\n{done.stderr}", done.returncode))
    return archive


def _reason(slug: str, output: str, returncode: int) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()][-SHOWN_LINES:]
    remedy = next((text for pattern, text in REMEDIES if pattern.search(output)), "")
    said = "\n    ".join(lines) or "nothing"
    parts = [f"exit code {returncode}", remedy.format(slug=slug), f"it said:\n    {said}"]
    return "; ".join(part for part in parts if part)


def _failed(slug: str, name: str, reason: str) -> DataError:
    return DataError(
        f"'kaggle competitions download -c {slug}' gave no files: {reason}\n"
        f"  Then run the same command again; or download the files in a browser from "
        f"https://www.kaggle.com/competitions/{slug}/data and run: "
        f"foldwise data {name} --from FOLDER"
    )
