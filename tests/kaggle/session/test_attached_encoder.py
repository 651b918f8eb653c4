"""The attached encoder is found wherever Kaggle mounts it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from foldwise.errors import UsageError
from foldwise.kaggle.package import Package
from foldwise.kaggle.session.attached_encoder import encoder_folder
from foldwise.kaggle.session.session import Session
from foldwise.storage import write_bytes

DATASET = "datasets/me/my-enc"
MODEL = "models/Me/Enc/Transformers/base-v2/3"


def encoder(folder: Path, weights: bytes = b"0") -> Path:
    """`folder` with what passes for an encoder; `weights` tell one from another."""
    write_bytes(folder / "config.json", b"{}")
    write_bytes(folder / "model.safetensors", weights)
    return folder


def session(root: Path, source: str) -> Session:
    package = Package("few-train", "train", "few", "c", "", {}, {}, encoder_source=source)
    (root / "input").mkdir(exist_ok=True)
    return Session(root, root / "input" / "package", package, rerun=False, ends=0.0, began=0.0)


@pytest.mark.parametrize(
    ("source", "mounted"),
    [
        (DATASET, "datasets/me/my-enc"),
        (DATASET, "datasets/me/my-enc/saved/encoder"),
        (DATASET, "my-enc"),  # the old mount
        (MODEL, "models/me/enc/transformers/base-v2/3"),
        (MODEL, "enc/transformers/base-v2/3"),
    ],
)
def test_an_input_is_found_at_its_new_and_its_old_mount(
    tmp_path: Path, source: str, mounted: str
) -> None:
    here = session(tmp_path, source)
    there = encoder(here.input / mounted)
    encoder(here.input / "datasets" / "me" / "another", b"1")
    encoder(here.input / "models" / "me" / "enc" / "transformers" / "large" / "3", b"2")
    assert encoder_folder(here) == there


def test_the_owner_decides_between_two_of_a_slug(tmp_path: Path) -> None:
    here = session(tmp_path, DATASET)
    encoder(here.input / "datasets" / "you" / "my-enc", b"1")
    mine = encoder(here.input / "datasets" / "me" / "my-enc")
    assert encoder_folder(here) == mine


def test_one_encoder_that_is_mounted_twice_is_one(tmp_path: Path) -> None:
    here = session(tmp_path, DATASET)
    there = encoder(here.input / "a" / "me" / "my-enc")
    shutil.copytree(there, here.input / "b" / "me" / "my-enc")
    assert encoder_folder(here) == there


def test_two_encoders_in_one_input_are_named(tmp_path: Path) -> None:
    here = session(tmp_path, DATASET)
    folders = [encoder(here.input / "my-enc" / x, x.encode()) for x in ("base", "large")]
    with pytest.raises(UsageError, match="must hold one encoder, but 2 folders") as raised:
        encoder_folder(here)
    assert all(str(folder) in str(raised.value) for folder in folders)


def test_a_run_with_its_encoders_config_alone_is_no_encoder(tmp_path: Path) -> None:
    here = session(tmp_path, DATASET)
    write_bytes(here.input / "my-enc" / "runs" / "few" / "encoder" / "config.json", b"{}")
    with pytest.raises(UsageError, match="belongs to 'datasets/me/my-enc'; attach it"):
        encoder_folder(here)


def test_a_packed_encoder_is_that_of_the_package(tmp_path: Path) -> None:
    here = session(tmp_path, "")
    packed = replace(here, package=replace(here.package, encoder="encoders/enc"))
    assert encoder_folder(packed) == packed.folder / "encoders" / "enc"
