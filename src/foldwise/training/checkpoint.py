"""Checkpoints that survive a kill at any moment: whole and verified, or not used.

A checkpoint is a folder `ckpt-00000123`. It is filled under another name, every file synced, its
manifest (sizes and SHA-256) written last, and only then renamed; older ones are deleted after that.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from foldwise.errors import GOES_ON, StorageError
from foldwise.journal import Journal
from foldwise.storage import (
    disk_full_explained,
    read_json,
    sha256_of_file,
    sync_file,
    sync_folder,
)
from foldwise.training.checkpoint_folders import (
    checkpoint_folder,
    checkpoint_folders,
    checkpoint_step,
)

KEPT = 2  # the newest, and one to fall back to

TensorFiles = Mapping[str, Mapping[str, Tensor]]


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint: the optimizer steps taken, plain state, and files of tensors."""

    step: int
    state: dict[str, Any]
    folder: Path

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The tensors of one file, on the CPU.

        Raises:
            StorageError: it holds something else than tensors, such as a pickle.
        """
        path = self.folder / f"{name}.safetensors"
        try:
            return dict(load_file(path))
        except (SafetensorError, OSError) as error:
            raise StorageError(
                f"{path} is no safetensors file ({error}); nothing in it was run. Move "
                f"{self.folder} away, and {GOES_ON} from the checkpoint before"
            ) from None


def save_checkpoint(fold: Path, step: int, state: Mapping[str, Any], tensors: TensorFiles) -> Path:
    """The folder of a new checkpoint in `fold`, on the disk when this returns.

    Raises:
        StorageError: the disk is full; the older checkpoints are intact.
    """
    final = checkpoint_folder(fold, step)
    if final.exists():  # the same step leads to the same state
        return final
    aside = fold / f"{final.name}.tmp"
    shutil.rmtree(aside, ignore_errors=True)
    needed = sum(value.nbytes for content in tensors.values() for value in content.values())
    try:
        with disk_full_explained(aside, needed):
            _fill(aside, step, state, tensors)
            aside.rename(final)
            sync_folder(fold)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for old in checkpoint_folders(fold)[:-KEPT]:
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

    Damaged ones are passed over, each with its reason in the journal. Once a whole one is found
    they are put aside as `ckpt-00000123.damaged`, so that none passes for the fallback of a later
    one, or for the checkpoint of its own step when that step is taken again.

    Raises:
        StorageError: there are checkpoints, and none is whole; nothing was changed.
    """
    damaged: dict[Path, str] = {}
    for folder in reversed(checkpoint_folders(fold)):
        reason = _damage(folder)
        if reason is None:
            state = read_json(folder / "state.json")
            _put_aside(damaged, journal)
            return Checkpoint(checkpoint_step(folder), state, folder)
        damaged[folder] = reason
    if damaged:
        raise StorageError(
            *damaged.values(),
            f"no checkpoint in {fold} is whole and nothing was changed; restore one of them, or "
            f"move {fold} out of the run: the same command then begins this fold again, alone",
        )
    return None


def _put_aside(damaged: Mapping[Path, str], journal: Journal) -> None:
    for folder, reason in damaged.items():
        journal.write("damaged checkpoint", folder=folder.name, reason=reason)
        aside = folder.with_name(f"{folder.name}.damaged")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)


def _damage(folder: Path) -> str | None:
    """What is wrong with a checkpoint, naming the file; None if it is whole."""
    try:
        files = _written_files(folder / "manifest.json")
    except (OSError, StorageError, LookupError, TypeError, ValueError, AttributeError):
        return f"{folder / 'manifest.json'} is missing or unreadable"
    for name, written in files.items():
        path = folder / name
        if not path.is_file():
            return f"{path} is missing"
        if path.stat().st_size != written.size:
            return f"{path} has {path.stat().st_size:,} bytes, expected {written.size:,}"
        if sha256_of_file(path) != written.sha256:
            return f"{path} differs from what was written (SHA-256)"
    return None


class _Written(NamedTuple):
    size: int  # bytes
    sha256: str


def _written_files(manifest: Path) -> dict[str, _Written]:
    """What a checkpoint's manifest says, by file name; a damaged one raises one of many errors."""
    table = read_json(manifest)
    files = {
        name: _Written(int(e["bytes"]), str(e["sha256"])) for name, e in table["files"].items()
    }
    if int(table["step"]) != checkpoint_step(manifest.parent) or "state.json" not in files:
        raise ValueError("the manifest is of another checkpoint, or incomplete")
    return files


def remove_checkpoints(fold: Path) -> None:
    """Delete the checkpoints of a finished fold, and whatever a kill left half-written."""
    for path in [*fold.glob("ckpt-*"), *fold.glob(".*.tmp")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
