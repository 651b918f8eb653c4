"""An ablation's result on the disk: JSON for programs, a page and a picture for people."""

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from foldwise.comparing.ablation import Ablation
from foldwise.comparing.markdown import markdown_of
from foldwise.comparing.picture import write_forest
from foldwise.pipeline.ablation_names import RESULT
from foldwise.storage import write_json, write_text

PAGE, PICTURE = "ablation.md", "ablation.png"


class Written(NamedTuple):
    """The files, and why one of them is not there; empty where all are."""

    paths: list[Path]
    note: str


def write_ablation(folder: Path, ablation: Ablation) -> Written:
    """Write `ablation.json`, `ablation.md` and `ablation.png` in place of older ones.

    Raises:
        StorageError: the disk is full; each file is the old one or the new one.
    """
    note = ""
    try:
        drawn = write_forest(folder / PICTURE, ablation)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        drawn, note = False, "no picture: matplotlib is not installed; pip install matplotlib"
    if not drawn:  # one of an older result would belong to nothing
        (folder / PICTURE).unlink(missing_ok=True)
    write_text(folder / PAGE, markdown_of(ablation, PICTURE if drawn else None))
    write_json(folder / RESULT, asdict(ablation))
    names = [RESULT, PAGE, *([PICTURE] if drawn else [])]
    return Written([folder / name for name in names], note)
