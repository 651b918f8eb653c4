"""Checkpoints that survive a kill at any moment: whole and verified, or not used.

A checkpoint is a folder `ckpt-00000123`. It is filled under another name, every file synced, its
manifest (sizes and SHA-256) written last, and only then renamed; older ones are deleted after that.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from foldwise.errors import StorageError
from foldwise.journal import Journal
from foldwise.storage import (
    disk_full_explained,
    read_json,
    sha256_of_file,
    sync_file,
    sync_folder,
)

KEPT = 2  # the newest, and one to fall back to
NAME = re.compile(r"ckpt-(\d{8})")

TensorFiles = Mapping[str, Mapping[str, Tensor]]


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint: the optimizer steps taken, plain state, and files of tensors."""

    step: int
    state: dict[str, Any]
    folder: Path

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The tensors of one file, on the CPU."""
        return dict(load_file(self.folder / f"{name}.safetensors"))


def save_checkpoint(fold: Path, step: int, state: Mapping[str, Any], tensors: TensorFiles) -> Path:
    """The folder of a new checkpoint in `fold`, on the disk when this returns.

    Raises:
        StorageError: the disk is full; the older checkpoints are intact.
    """
    final = fold / f"ckpt-{step:08d}"
    if final.exists():  # the same step leads to the same state
        return final
    aside = fold / f"{final.name}.tmp"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        with disk_full_explained(aside):
            _fill(aside, step, state, tensors)
            aside.rename(final)
            sync_folder(fold)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for old in _folders(fold)[:-KEPT]:
        shutil.rmtree(old)
    return final


def _fill(aside: Path, step: int, state: Mapping[str, Any], tensors: TensorFiles) -> None:
    aside.mkdir(parents=True)
    for name, content in tensors.items():
        save_file(
            {key: value.contiguous() for key, value in content.items()},
            aside / f"{name}.safetensors",
        )
    (aside / "state.json").write_text(json.dumps(dict(state)), encoding="utf-8")
    files = {}
    for path in sorted(aside.iterdir()):
        sync_file(path)
        files[path.name] = {"bytes": path.stat().st_size, "sha256": sha256_of_file(path)}
    manifest = aside / "manifest.json"
    manifest.write_text(json.dumps({"step": step, "files": files}), encoding="utf-8")
    sync_file(manifest)
    sync_folder(aside)


def newest_checkpoint(fold: Path, journal: Journal) -> Checkpoint | None:
    """The newest checkpoint whose every byte is as written; None where there is none at all.

    Damaged ones are passed over, each with its reason in the journal, and left where they are.

    Raises:
        StorageError: there are checkpoints, and none is whole.
    """
    reasons = []
    for folder in reversed(_folders(fold)):
        reason = _damage(folder)
        if reason is None:
            state = read_json(folder / "state.json")
            return Checkpoint(int(NAME.fullmatch(folder.name)[1]), state, folder)  # type: ignore[index]
        reasons.append(reason)
        journal.write("damaged checkpoint", folder=folder.name, reason=reason)
    if reasons:
        raise StorageError(
            *reasons,
            f"no checkpoint in {fold} is whole and nothing was changed; restore one of them, or "
            f"begin this run again with --fresh",
        )
    return None


def _damage(folder: Path) -> str | None:
    """What is wrong with a checkpoint, naming the file; None if it is whole."""
    try:
        files = read_json(folder / "manifest.json")["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"{folder / 'manifest.json'} is missing or unreadable"
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            return f"{path} is missing"
        if path.stat().st_size != expected["bytes"]:
            return f"{path} has {path.stat().st_size:,} bytes, expected {expected['bytes']:,}"
        if sha256_of_file(path) != expected["sha256"]:
            return f"{path} differs from what was written (SHA-256)"
    return None


def _folders(fold: Path) -> list[Path]:
    """Checkpoint folders of a fold, oldest first."""
    return sorted(path for path in fold.glob("ckpt-*") if NAME.fullmatch(path.name))


def remove_checkpoints(fold: Path) -> None:
    """Delete the checkpoints of a finished fold, and whatever a kill left half-written."""
    for path in [*fold.glob("ckpt-*"), *fold.glob(".*.tmp")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
