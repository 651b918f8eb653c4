"""Tokens on disk: one safetensors file with a checksum of its contents."""

import hashlib
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from foldwise.errors import FoldwiseWarning
from foldwise.storage import write_atomically

CHECKSUM = "sha256"
KEY = "key"


class TokenArrays(NamedTuple):
    """The arrays of `foldwise.tokenization.tokens.Tokens`, whose text explains them."""

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    type_ids: NDArray[np.uint8] | None
    whole_lengths: NDArray[np.int32]


class _Damaged(Exception):
    """A file that must not be used, and why."""


def save_tokens(path: Path, key: str, arrays: TokenArrays) -> None:
    """Write `arrays` to `path`, whole or not at all, with their checksum.

    Raises:
        StorageError: the disk is full.
    """
    present = {name: value for name, value in arrays._asdict().items() if value is not None}
    notes = {KEY: key, CHECKSUM: _checksum(present)}
    write_atomically(path, lambda aside: save_file(present, aside, metadata=notes))


def load_tokens(path: Path, key: str) -> TokenArrays | None:
    """The arrays in `path`; None where there is no such file, or only a damaged one.

    Warns about a damaged file; it stays where it is until `save_tokens` replaces it.
    """
    if not path.is_file():
        return None
    try:
        return _read(path, key)
    except (_Damaged, SafetensorError, OSError, ValueError) as error:
        warnings.warn(
            FoldwiseWarning(f"the cached tokens in {path} are damaged ({error}): made anew"),
            stacklevel=3,
        )
        return None


def _read(path: Path, key: str) -> TokenArrays:
    with safe_open(path, framework="np") as file:
        notes = file.metadata() or {}
        present = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
    if notes.get(KEY) != key:
        raise _Damaged("made from other texts, or by another tokenizer")
    if notes.get(CHECKSUM) != _checksum(present):
        raise _Damaged("the checksum does not fit")
    return TokenArrays(**{"type_ids": None} | present)


def _checksum(arrays: dict[str, NDArray[np.generic]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.data)
    return digest.hexdigest()
