"""The token ids of many texts, made once and kept on disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tokenizers
from numpy.typing import NDArray

from foldwise.errors import DataError
from foldwise.storage import sha256_of_strings
from foldwise.tokenization.tokenizer import Padding, Tokenizer
from foldwise.tokenization.tokens_file import TokenArrays, load_tokens, save_tokens

Text = tuple[str, ...]

CHUNK_TEXTS = 2048
TAKEN_AT_ONCE = 16_384  # texts; the positions of their tokens take 24 bytes each
CHUNK_CHARACTERS = 4_000_000  # at once in the backend, which needs about 100 bytes for each
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


class LengthReport(NamedTuple):
    """Tokens a text, before cutting, and how many texts were cut."""

    texts: int
    truncated: int
    quantiles: dict[float, int]


class _Encoded(NamedTuple):
    """One text's ids and segments, cut to length, and its length before cutting."""

    ids: list[int]
    type_ids: list[int]
    whole_length: int


def length_report(tokens: Tokens) -> LengthReport:
    """How long the texts are: quantiles of tokens before cutting, and how many were cut."""
    levels = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
    lengths = np.sort(tokens.whole_lengths)
    at = [round(level * (len(lengths) - 1)) for level in levels] if len(lengths) else []
    return LengthReport(
        len(tokens),
        int(tokens.truncated.sum()),
        {level: int(lengths[i]) for level, i in zip(levels, at, strict=False)},
    )


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
        key = sha256_of_strings(LAYOUT, tokenizer.fingerprint, *_parts(unique))
        path = cache / f"{key}.safetensors"
        arrays = load_tokens(path, key)
    if arrays is None:
        arrays = _encode(tokenizer, unique)
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


def _encode(tokenizer: Tokenizer, texts: Sequence[Text]) -> TokenArrays:
    ids: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    types: list[NDArray[np.uint8]] = [np.empty(0, np.uint8)]
    lengths: list[int] = [0]
    whole: list[int] = []
    for chunk in _chunks(texts):
        encoded = _encode_chunk(tokenizer, chunk)
        lengths += [len(one.ids) for one in encoded]
        whole += [one.whole_length for one in encoded]
        ids.append(np.fromiter(chain.from_iterable(one.ids for one in encoded), np.int32))
        types.append(np.fromiter(chain.from_iterable(one.type_ids for one in encoded), np.uint8))
    flat = np.concatenate(ids)
    _check_vocabulary(tokenizer, flat)
    return TokenArrays(
        flat,
        np.cumsum(lengths, dtype=np.int64),
        np.concatenate(types) if tokenizer.has_type_ids else None,
        np.array(whole, np.int32),
    )


def _chunks(texts: Sequence[Text]) -> Iterator[Sequence[Text]]:
    """Runs of texts that the backend can hold at once, however long single ones are."""
    begin = characters = 0
    for i, text in enumerate(texts):
        size = sum(map(len, text))
        if i > begin and (i - begin == CHUNK_TEXTS or characters + size > CHUNK_CHARACTERS):
            yield texts[begin:i]
            begin, characters = i, 0
        characters += size
    if begin < len(texts):
        yield texts[begin:]


def _encode_chunk(tokenizer: Tokenizer, texts: Sequence[Text]) -> list[_Encoded]:
    """Each text's ids, cut to `max_length`.

    Texts are encoded whole first, since only that tells how much is cut. `encode_batch_fast` leaves
    out offsets, which nobody needs here.
    """
    inputs: list[str | Text] = [text[0] if len(text) == 1 else text for text in texts]
    try:
        whole = tokenizer.backend.encode_batch_fast(inputs)
    except UnicodeEncodeError as error:
        raise DataError(
            f"a text must be valid Unicode: half a surrogate pair stands in {error.object!r:.80}; "
            f"write the file as UTF-8"
        ) from None
    if inputs and isinstance(inputs[0], tuple):
        return _with_pairs_cut(tokenizer, inputs, whole)
    return [_cut(tokenizer, one) for one in whole]


def _cut(tokenizer: Tokenizer, one: tokenizers.Encoding) -> _Encoded:
    """A single text without its last tokens; the special ones after them stay."""
    length, closing = len(one), tokenizer.closing
    types = one.type_ids if tokenizer.has_type_ids else []
    if length <= tokenizer.max_length:
        return _Encoded(one.ids, types, length)
    left_out = slice(tokenizer.max_length - closing, length - closing)
    ids = one.ids
    del ids[left_out], types[left_out]
    return _Encoded(ids, types, length)


def _with_pairs_cut(
    tokenizer: Tokenizer, pairs: list[str | Text], whole: Sequence[tokenizers.Encoding]
) -> list[_Encoded]:
    """Long pairs encoded again, cut: the longer text of the two loses its last tokens first."""
    long = [i for i, one in enumerate(whole) if len(one) > tokenizer.max_length]
    backend = tokenizer.backend
    backend.enable_truncation(tokenizer.max_length, strategy="longest_first")
    try:
        cut = dict(zip(long, backend.encode_batch_fast([pairs[i] for i in long]), strict=True))
    finally:
        backend.no_truncation()
    kept = [cut.get(i, one) for i, one in enumerate(whole)]
    types = [one.type_ids if tokenizer.has_type_ids else [] for one in kept]
    lengths = [len(one) for one in whole]
    return [_Encoded(k.ids, t, n) for k, t, n in zip(kept, types, lengths, strict=True)]


def _check_vocabulary(tokenizer: Tokenizer, ids: NDArray[np.int32]) -> None:
    largest = int(ids.max(initial=0))
    if largest >= tokenizer.vocabulary:
        word = tokenizer.backend.id_to_token(largest)
        raise DataError(
            f"ids must be below the encoder's vocab_size of {tokenizer.vocabulary}: the tokenizer "
            f"gave {largest} ({word!r}); tokenizer files and config.json are of different encoders"
        )
