import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from foldwise.errors import StorageError
from foldwise.journal import Journal
from foldwise.training.checkpoint import (
    Checkpoint,
    newest_checkpoint,
    remove_checkpoints,
    save_checkpoint,
)
from tests.full_disk import run_on_full_disk

FILES = ("model.safetensors", "optimizer.safetensors", "state.json", "manifest.json")


def save(fold: Path, step: int) -> Path:
    tensors = {
        "model": {"weight": torch.full((50, 3), float(step)), "bias": torch.arange(3)},
        "optimizer": {"moment": torch.full((7,), step / 3, dtype=torch.float64)},
    }
    return save_checkpoint(fold, step, {"step": step, "looks": [1, 2]}, tensors)


def newest(fold: Path) -> Checkpoint | None:
    return newest_checkpoint(fold, Journal(fold / "journal.jsonl"))


def step_of(fold: Path) -> int:
    found = newest(fold)
    assert found is not None
    assert found.tensors("model")["weight"][0, 0].item() == found.step == found.state["step"]
    return found.step


def read_all(fold: Path) -> None:
    found = newest(fold)
    assert found is not None
    for part in ("model", "optimizer"):
        found.tensors(part)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_checkpoint_reads_back_to_the_last_bit(tmp_path: Path) -> None:
    save(tmp_path, 5)
    found = newest(tmp_path)
    assert found is not None
    assert (found.step, found.state) == (5, {"step": 5, "looks": [1, 2]})
    assert torch.equal(found.tensors("model")["weight"], torch.full((50, 3), 5.0))
    assert torch.equal(found.tensors("model")["bias"], torch.arange(3))
    moment = found.tensors("optimizer")["moment"]
    assert torch.equal(moment, torch.full((7,), 5 / 3, dtype=torch.float64))


def test_a_fold_without_checkpoints_has_none(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    assert newest(tmp_path / "missing") is None


def test_two_are_kept_the_newest_and_one_to_fall_back_to(tmp_path: Path) -> None:
    for step in (9, 10, 99, 100):
        save(tmp_path, step)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ckpt-00000099", "ckpt-00000100"]
    assert step_of(tmp_path) == 100


def test_tensors_that_are_views_are_saved_by_their_values(tmp_path: Path) -> None:
    square = torch.arange(6.0).reshape(2, 3)
    save_checkpoint(tmp_path, 1, {}, {"model": {"turned": square.T}, "none": {}})
    found = newest(tmp_path)
    assert found is not None
    assert torch.equal(found.tensors("model")["turned"], square.T)
    assert found.tensors("none") == {}


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n\x00")


def flip_first(path: Path) -> None:
    flip(path, 0)


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def remove(path: Path) -> None:
    path.unlink()


DAMAGES: list[Callable[[Path], None]] = [truncate, empty, lengthen, flip_first, remove]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_checkpoint_gives_way_to_the_one_before_and_names_its_file(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    save(tmp_path, 1)
    newer = save(tmp_path, 2)
    damage(newer / name)
    assert step_of(tmp_path) == 1
    (event,) = Journal(tmp_path / "journal.jsonl").events("damaged checkpoint")
    assert event["folder"] == "ckpt-00000002"
    assert str(newer / name) in event["reason"]


@pytest.mark.parametrize("name", FILES)
def test_no_flipped_bit_is_ever_loaded(tmp_path: Path, name: str) -> None:
    save(tmp_path, 1)
    newer = save(tmp_path, 2)
    whole = (newer / name).read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        flip(newer / name, at)
        assert step_of(tmp_path) == 1, at
        (tmp_path / "ckpt-00000002.damaged").rename(newer)
        (newer / name).write_bytes(whole)
        assert step_of(tmp_path) == 2


def test_all_damaged_is_an_error_that_changes_nothing(tmp_path: Path) -> None:
    truncate(save(tmp_path, 1) / "state.json")
    remove(save(tmp_path, 2) / "model.safetensors")
    before = contents(tmp_path)
    with pytest.raises(StorageError) as caught:
        newest(tmp_path)
    assert caught.value.exit_code == 5
    assert contents(tmp_path) == before
    assert caught.value.complaints == (
        f"{tmp_path / 'ckpt-00000002' / 'model.safetensors'} is missing",
        f"{tmp_path / 'ckpt-00000001' / 'state.json'} has 27 bytes, expected 28",
        f"no checkpoint in {tmp_path} is whole and nothing was changed; restore one of them, or "
        f"move {tmp_path} out of the run: the same command then begins this fold again, alone",
    )


def test_a_damaged_checkpoint_is_written_again_when_its_step_comes_again(tmp_path: Path) -> None:
    save(tmp_path, 1)
    truncate(save(tmp_path, 2) / "model.safetensors")
    assert step_of(tmp_path) == 1
    save(tmp_path, 2)
    assert step_of(tmp_path) == 2


def test_a_damaged_checkpoint_never_takes_the_place_of_the_fallback(tmp_path: Path) -> None:
    save(tmp_path, 1)
    truncate(save(tmp_path, 3) / "model.safetensors")
    assert step_of(tmp_path) == 1
    newer = save(tmp_path, 4)
    truncate(newer / "model.safetensors")
    assert step_of(tmp_path) == 1


@pytest.mark.parametrize(
    "manifest",
    [
        [],
        {},
        {"step": 2, "files": []},
        {"step": 2, "files": {}},
        {"step": 2, "files": {"state.json": 7}},
        {"step": 2, "files": {"state.json": {"bytes": "x", "sha256": ""}}},
        {"step": "x", "files": {"state.json": {"bytes": 1, "sha256": ""}}},
    ],
)
def test_a_manifest_of_another_form_is_damage(tmp_path: Path, manifest: object) -> None:
    save(tmp_path, 1)
    newer = save(tmp_path, 2)
    (newer / "manifest.json").write_text(json.dumps(manifest))
    assert step_of(tmp_path) == 1


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("cunning", [False, True])
def test_a_pickle_in_place_of_a_file_is_refused_and_does_nothing(
    tmp_path: Path, name: str, cunning: bool
) -> None:
    exploded = tmp_path / "exploded"
    fold = tmp_path / "fold"
    folder = save(fold, 1)
    data = pickle.dumps(Bomb(exploded))
    (folder / name).write_bytes(data)
    manifest = folder / "manifest.json"
    if cunning and name != "manifest.json":  # its hash is made to fit
        table = json.loads(manifest.read_text())
        table["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        manifest.write_text(json.dumps(table))
    with pytest.raises(StorageError, match=f"{name} (is|has|differs)"):
        read_all(fold)
    assert not exploded.exists()
    pickle.loads(data)
    assert exploded.exists()  # it would have


def test_a_full_disk_keeps_the_older_checkpoints_and_names_the_bytes(tmp_path: Path) -> None:
    outcome = run_on_full_disk(
        tmp_path,
        """
        import json, os
        from pathlib import Path
        import torch
        from foldwise.errors import StorageError
        from foldwise.journal import Journal
        from foldwise.training.checkpoint import newest_checkpoint, save_checkpoint

        fold = Path("fold").absolute()
        for step in (1, 2):
            tensors = {name: {"a": torch.zeros(80_000)} for name in ("model", "optimizer")}
            try:
                save_checkpoint(fold, step, {}, tensors)
            except StorageError as error:
                newest = newest_checkpoint(fold, Journal(fold / "journal.jsonl"))
                print(json.dumps([step, str(error), sorted(os.listdir(fold)), newest.step]))
        """,
    )
    step, message, names, newest_step = outcome
    assert (step, newest_step) == (2, 1)
    assert names == ["ckpt-00000001"]
    assert "needs at least 640,000 bytes, with " in message
    free = int(message.split(", with ")[1].split(" bytes")[0].replace(",", ""))
    # of a disk of 2**20 bytes the first checkpoint takes 640,000 and a little
    assert 2**20 - 640_000 - 2**18 < free < 2**20 - 640_000


def test_a_half_written_folder_is_neither_read_nor_in_the_way(tmp_path: Path) -> None:
    save(tmp_path, 1)
    (tmp_path / "ckpt-00000002.tmp").mkdir()
    (tmp_path / "ckpt-00000002.tmp" / "model.safetensors").write_bytes(b"half")
    assert step_of(tmp_path) == 1
    save(tmp_path, 2)
    assert step_of(tmp_path) == 2
    assert not (tmp_path / "ckpt-00000002.tmp").exists()


def test_removing_leaves_nothing_but_the_folds_results(tmp_path: Path) -> None:
    save(tmp_path, 1)
    truncate(save(tmp_path, 2) / "model.safetensors")
    step_of(tmp_path)
    (tmp_path / "ckpt-00000003.tmp").mkdir()
    (tmp_path / ".valid.csv.0123abcd.tmp").touch()
    (tmp_path / "valid.csv").touch()
    remove_checkpoints(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.jsonl", "valid.csv"]
