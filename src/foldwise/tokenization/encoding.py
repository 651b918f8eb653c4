"""Texts to ids, cut to length: many at once, in bounded memory."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import tokenizers
from numpy.typing import NDArray

from foldwise.errors import DataError
from foldwise.tokenization.tokenizer import Tokenizer
from foldwise.tokenization.tokens_file import TokenArrays

Text = tuple[str, ...]

CHUNK_TEXTS = 2048
CHUNK_CHARACTERS = 4_000_000  # at once in the backend, which needs about 100 bytes for each


class _Encoded(NamedTuple):
    """One text's ids and segments, cut to length, and its length before cutting."""

    ids: list[int]
    type_ids: list[int]
    whole_length: int


def encode(tokenizer: Tokenizer, texts: Sequence[Text]) -> TokenArrays:
    """The tokens of `texts`, which are all single ones or all pairs.

    Raises:
        DataError: a text is not valid Unicode, or an id is outside of the encoder's vocabulary.
    """
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
    except TypeError:
        _refuse_surrogates(texts)
        raise
    if inputs and isinstance(inputs[0], tuple):
        return _with_pairs_cut(tokenizer, inputs, whole)
    return [_cut(tokenizer, one) for one in whole]


def _cut(tokenizer: Tokenizer, one: tokenizers.Encoding) -> _Encoded:
    """A single text without its last tokens; the special ones after them stay."""
    length = len(one)
    types = one.type_ids if tokenizer.has_type_ids else []
    cut = left_out(tokenizer, length)
    ids = one.ids
    del ids[cut], types[cut]
    return _Encoded(ids, types, length)


def left_out(tokenizer: Tokenizer, length: int) -> slice:
    """Which of a single text's `length` tokens are cut away; none of a short text's."""
    closing = tokenizer.closing
    return slice(min(tokenizer.max_length, length) - closing, length - closing)


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


def _refuse_surrogates(texts: Sequence[Text]) -> None:
    for text in chain.from_iterable(texts):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise DataError(
                f"a text must be valid Unicode, but half a surrogate pair stands in {text!r:.80}; "
                f"write the file as UTF-8"
            ) from None


def _check_vocabulary(tokenizer: Tokenizer, ids: NDArray[np.int32]) -> None:
    largest = int(ids.max(initial=0))
    if largest >= tokenizer.vocabulary:
        word = tokenizer.backend.id_to_token(largest)
        raise DataError(
            f"ids must be below the encoder's vocab_size of {tokenizer.vocabulary}: the tokenizer "
            f"gave {largest} ({word!r}); tokenizer files and config.json are of different encoders"
        )
