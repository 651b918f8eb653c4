"""Where tokens stand in the text they were made from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from foldwise.tokenization.encoding import Text, left_out
from foldwise.tokenization.tokenizer import Tokenizer

Span = tuple[int, int]


@dataclass(frozen=True, eq=False)
class PartTokens:
    """The tokens of one part of a text, without special ones.

    Attributes:
        places: (tokens,) where each stands among all tokens of the text.
        spans: start and end in characters of the part; tokens that share a character, as the bytes
            of an emoji do, have the same span.
    """

    places: NDArray[np.int64]
    spans: tuple[Span, ...]


def token_spans(tokenizer: Tokenizer, texts: Sequence[Text]) -> list[tuple[PartTokens, ...]]:
    """The tokens of each text's parts, cut to length exactly as for training.

    Args:
        tokenizer: of the encoder.
        texts: all single ones, or all pairs, as `foldwise.tokenization.tokens` checks them.
    """
    backend = _untrimmed(tokenizer.backend)
    if texts and len(texts[0]) == 2:
        backend.enable_truncation(tokenizer.max_length, strategy="longest_first")
        pairs = backend.encode_batch(list(texts))
        return [_of_pair(one, text) for one, text in zip(pairs, texts, strict=True)]
    encodings = backend.encode_batch([text[0] for text in texts])
    return [
        (_of_part(one, _kept(tokenizer, len(one)), 0, text[0]),)
        for one, text in zip(encodings, texts, strict=True)
    ]


def _kept(tokenizer: Tokenizer, length: int) -> list[int]:
    """The tokens that are not cut away, of a single text's `length`."""
    kept = list(range(length))
    del kept[left_out(tokenizer, length)]
    return kept


def _untrimmed(backend: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """A copy whose offsets are of whole tokens, with the space before them.

    Where a space was put before the first word, RoBERTa's own trimming takes the word's first
    letter for it.
    """
    state = json.loads(backend.to_str())
    for processor in _processors(state["post_processor"]):
        if "trim_offsets" in processor:
            processor["trim_offsets"] = False
    return tokenizers.Tokenizer.from_str(json.dumps(state))


def _processors(state: dict[str, Any] | None) -> list[dict[str, Any]]:
    if state is None:
        return []
    inner = [each for one in state.get("processors", []) for each in _processors(one)]
    return [state, *inner]


def _of_pair(one: tokenizers.Encoding, text: Text) -> tuple[PartTokens, ...]:
    everything = list(range(len(one)))
    return tuple(_of_part(one, everything, part, text[part]) for part in range(2))


def _of_part(one: tokenizers.Encoding, kept: list[int], part: int, text: str) -> PartTokens:
    parts, offsets = one.sequence_ids, one.offsets
    own = [(place, i) for place, i in enumerate(kept) if parts[i] == part]
    places = np.array([place for place, _ in own], dtype=np.int64)
    return PartTokens(places, tuple(_without_space(text, offsets[i]) for _, i in own))


def _without_space(text: str, span: Span) -> Span:
    """The span without white space around it, which some families count to the token."""
    start, end = span
    token = text[start:end]
    if not token.strip():
        return span
    return start + len(token) - len(token.lstrip()), start + len(token.rstrip())
