"""Texts in a notebook, each word on a shade of its weight."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from foldwise.pipeline.evidence import WordWeights

# Orange raises, blue lowers; half transparent at most, so that letters stay readable on white and
# on black, and no kind of colour blindness confuses the two.
RAISES, LOWERS, STRONGEST = "230, 120, 0", "0, 114, 178", 0.55


@dataclass(frozen=True)
class ShadedTexts:
    """Texts with a heading each, which a notebook shows by itself.

    Attributes:
        headings: one a text.
        texts: the parts of each.
        note: what the shades mean, or why there are none.
    """

    headings: tuple[str, ...]
    texts: tuple[tuple[WordWeights, ...], ...]
    note: str

    def _repr_html_(self) -> str:
        shown = [
            f"<p><b>{escape(heading)}</b><br>{'<br>'.join(map(shaded, _scaled(parts)))}</p>"
            for heading, parts in zip(self.headings, self.texts, strict=True)
        ]
        return f"<div>{''.join(shown)}<p><i>{escape(self.note)}</i></p></div>"


def shaded(part: WordWeights) -> str:
    """The text as HTML; weights are from -1 to 1, and what was not read is faint."""
    pieces, at = [], 0
    for (start, end), weight in zip(part.spans, part.weights.tolist(), strict=True):
        pieces.append(_plain(part.text, at, start, part.read_to))
        colour = f"rgba({RAISES if weight > 0 else LOWERS}, {abs(weight) * STRONGEST:.2f})"
        word = _plain(part.text, start, end, part.read_to)
        pieces.append(f'<span style="background: {colour}" title="{weight:.3f}">{word}</span>')
        at = end
    return "".join([*pieces, _plain(part.text, at, len(part.text), part.read_to)])


def _plain(text: str, start: int, end: int, read_to: int) -> str:
    piece = escape(text[start:end])
    return piece if start < read_to or not piece else f'<span style="opacity: 0.4">{piece}</span>'


def _scaled(parts: Sequence[WordWeights]) -> list[WordWeights]:
    """Weights of both parts as shares of the largest."""
    largest = max((np.abs(part.weights).max(initial=0.0) for part in parts), default=0.0)
    return [
        WordWeights(part.text, part.spans, part.weights / (largest or 1.0), part.read_to)
        for part in parts
    ]
