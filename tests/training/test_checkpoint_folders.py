"""Checkpoints are told by their names."""

from pathlib import Path

import pytest

from foldwise.training.checkpoint_folders import (
    checkpoint_folder,
    checkpoint_folders,
    checkpoint_step,
)

OTHERS = ["ckpt-00000004.tmp", "ckpt-00000003.damaged", "ckpt-20", "ckpt-old-2", "fold-00000001"]


def test_whole_checkpoints_alone_are_listed_oldest_first(tmp_path: Path) -> None:
    steps = [7, 10_000_000, 123, 99]
    for path in [checkpoint_folder(tmp_path, step) for step in steps]:
        path.mkdir()
    for name in OTHERS:
        (tmp_path / name).mkdir()
    assert [checkpoint_step(folder) for folder in checkpoint_folders(tmp_path)] == sorted(steps)
    assert checkpoint_folders(tmp_path / "missing") == []


@pytest.mark.parametrize("name", OTHERS)
def test_another_folder_is_of_no_step(name: str) -> None:
    with pytest.raises(ValueError, match=f"is called ckpt-00000123, got '{name}'"):
        checkpoint_step(Path("fold-0") / name)
