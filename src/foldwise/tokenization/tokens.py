"""The token ids of many texts, made once and kept on disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foldwise.errors import DataError
from foldwise.storage import sha256_of_stream
from foldwise.tokenization.encoding import Text, encode
from foldwise.tokenization.tokenizer import Padding, Tokenizer
from foldwise.tokenization.tokens_file import load_tokens, save_tokens

TAKEN_AT_ONCE = 16_384  # texts; the positions of their tokens take 24 bytes each
LAYOUT = "1"  # of what is cached; a new number leaves all older files unread


@dataclass(frozen=True, eq=False)
class Tokens:
    """The ids of a sequence of texts, one after the other, without padding.

    Attributes:
        ids: (all tokens,) int32.
        offsets: (texts + 1,) int64; text i is `ids[offsets[i]:offsets[i + 1]]`.
        type_ids: (all tokens,) uint8 segments, where the encoder takes them.
        whole_lengths: (texts,) int32, the tokens each text would have had if it were not cut.
        padding: what fills a batch up.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    type_ids: NDArray[np.uint8] | None
    whole_lengths: NDArray[np.int32]
    padding: Padding

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(texts,) tokens of each text, special ones included, after cutting."""
        return np.diff(self.offsets)

    @property
    def truncated(self) -> NDArray[np.bool_]:
        """(texts,) whether a text was cut."""
        return self.whole_lengths > self.lengths

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> "Tokens":
        """The tokens of the texts at `rows`, in that order."""
        at = np.asarray(rows, dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum(self.lengths[at])]).astype(np.int64)
        types = None if self.type_ids is None else np.empty(offsets[-1], np.uint8)
        ids = np.empty(offsets[-1], np.int32)
        for begin in range(0, len(at), TAKEN_AT_ONCE):
            part = at[begin : begin + TAKEN_AT_ONCE]
            to = slice(offsets[begin], offsets[begin + len(part)])
            spread = flat_positions(self.offsets[part], self.lengths[part])
            ids[to] = self.ids[spread]
            if types is not None and self.type_ids is not None:
                types[to] = self.type_ids[spread]
        return Tokens(ids, offsets, types, self.whole_lengths[at], self.padding)

    def vocabulary(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ids that occur in the texts at `rows`, ascending, each once."""
        occurs = np.zeros(int(self.ids.max(initial=0)) + 1, np.bool_)
        for begin in range(0, len(rows), TAKEN_AT_ONCE):
            part = rows[begin : begin + TAKEN_AT_ONCE]
            occurs[self.ids[flat_positions(self.offsets[part], self.lengths[part])]] = True
        return np.flatnonzero(occurs).astype(np.int64)


def flat_positions(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """(sum of lengths,) the ranges `start .. start + length - 1`, one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - ends + lengths, lengths)


def tokenize(tokenizer: Tokenizer, texts: Sequence[Text], cache: Path | None) -> Tokens:
    """The tokens of `texts`, in their order; each different text is encoded once.

    They are kept in the folder `cache` under a hash of the tokenizer and the set of texts, so that
    the same rows in another order, in another fold, trial or run, are read instead. A file there
    that is damaged is noticed, told and made anew.

    Raises:
        DataError: the texts of a row are not one or two, or hold half a surrogate pair; or an id is
            outside of the encoder's vocabulary.
    """
    unique = sorted(set(texts))
    _check_arity(unique)
    arrays = None
    path = None
    if cache is not None:
        key = sha256_of_stream(chain([LAYOUT, tokenizer.fingerprint], _parts(unique)))
        path = cache / f"{key}.safetensors"
        arrays = load_tokens(path, key)
    if arrays is None:
        arrays = encode(tokenizer, unique)
        if path is not None:
            save_tokens(path, path.stem, arrays)
    tokens = Tokens(*arrays, padding=tokenizer.padding)
    position = {text: i for i, text in enumerate(unique)}
    return tokens.take([position[text] for text in texts])


def _parts(texts: Sequence[Text]) -> Iterator[str]:
    for text in texts:
        yield str(len(text))
        yield from text


def _check_arity(texts: Sequence[Text]) -> None:
    sizes = sorted({len(text) for text in texts})
    if sizes not in ([], [1], [2]):
        raise DataError(
            f"every row has one text, or every row a pair: got rows of {sizes} texts; "
            f"name one or two columns as text in competition.toml"
        )
