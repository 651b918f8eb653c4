"""The folders of a fold's checkpoints, by their names: without torch, which their content takes."""

import re
from pathlib import Path

NAME = re.compile(r"ckpt-(\d{8})")


def checkpoint_folder(fold: Path, step: int) -> Path:
    """Where the checkpoint of an optimizer step lies in the folder of its fold."""
    return fold / f"ckpt-{step:08d}"


def checkpoint_folders(fold: Path) -> list[Path]:
    """The checkpoints of a fold that were written to their end, oldest first.

    Neither half-written ones nor those that were put aside as damaged.
    """
    return sorted(path for path in fold.glob("ckpt-*") if NAME.fullmatch(path.name))


def checkpoint_step(folder: Path) -> int:
    """The optimizer steps that were taken at a checkpoint, from its folder's name.

    Raises:
        ValueError: the name is not that of a checkpoint.
    """
    found = NAME.fullmatch(folder.name)
    if found is None:
        raise ValueError(f"a checkpoint's folder is called ckpt-00000123, got {folder.name!r}")
    return int(found[1])
