"""A range test on the disk: JSON for programs, a picture for people."""

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from foldwise.paths import Project
from foldwise.pipeline.range_names import PICTURE, RESULT, range_folder
from foldwise.pipeline.range_picture import write_picture
from foldwise.pipeline.rate_finding import RateFinding
from foldwise.storage import write_json


class Written(NamedTuple):
    """The files, and why one of them is not there; empty where all are."""

    paths: list[Path]
    note: str


def write_finding(project: Project, finding: RateFinding) -> Written:
    """Write `range.json` and `lr-find.png` in place of older ones.

    Raises:
        StorageError: the disk is full; each file is whole or not there.
    """
    folder = range_folder(project, finding.experiment)
    # first of all, so that no picture ever stands beside the numbers of another test
    (folder / PICTURE).unlink(missing_ok=True)
    write_json(folder / RESULT, asdict(finding))
    try:
        write_picture(folder / PICTURE, finding)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        note = "no picture: matplotlib is not installed; pip install matplotlib"
        return Written([folder / RESULT], note)
    return Written([folder / RESULT, folder / PICTURE], "")
