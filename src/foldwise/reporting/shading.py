"""Texts in pieces, each as dark as its weight in what the model made of it."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foldwise.reporting.characters import shortened, tame
from foldwise.reporting.section import Span

LONGEST = 1200  # characters of a text that are shown


class Weighed(Protocol):
    """A text with a weight on each of its tokens; see `foldwise.pipeline.evidence`."""

    @property
    def text(self) -> str:
        """The text the tokens were made from."""

    @property
    def spans(self) -> Sequence[tuple[int, int]]:
        """Of each token, the character it begins at and the one after its end."""

    @property
    def weights(self) -> NDArray[np.float64]:
        """(tokens,) negative where they speak against what others speak for."""


def plain_part(text: str) -> list[Span]:
    """A text as one piece."""
    return [Span(shortened(tame(text), LONGEST))]


def as_share(weight: float) -> str:
    """A weight that is a share of all, such as "12.0 %"."""
    return f"{100 * weight:.1f} %"


def as_addend(weight: float) -> str:
    """A weight that is added to a score, such as "+0.120"."""
    return f"{weight:+.3f}"


def shaded_part(
    weighed: Weighed, greatest: float, shown: Callable[[float], str] = as_share
) -> list[Span]:
    """A text in pieces: its tokens, and what stands between them without a shade.

    Tokens may share characters, as the bytes of an emoji do: their weights are added up.

    Args:
        weighed: the text with its weights.
        greatest: the size of weight that is shaded fully, such as the greatest in the row.
        shown: a weight as a number to read.
    """
    text = tame(weighed.text)
    spans, at = list[Span](), 0
    for begin, end, weight in _merged(weighed):
        if begin >= LONGEST:
            break
        if begin > at:
            spans.append(Span(text[at:begin]))
        shade = weight / greatest if greatest > 0 else 0.0
        shade = round(min(max(shade, -1.0), 1.0), 3)
        spans.append(Span(text[begin:end], shade, shown(weight)))
        at = end
    rest = text[at:]
    return [*spans, Span(shortened(rest, max(0, LONGEST - at)))] if rest else spans


def _merged(weighed: Weighed) -> list[tuple[int, int, float]]:
    """Begin, end and weight of pieces that do not overlap, in order."""
    found: list[tuple[int, int, float]] = []
    for (begin, end), weight in zip(weighed.spans, weighed.weights.tolist(), strict=True):
        if found and begin < found[-1][1]:
            first, last, before = found[-1]
            found[-1] = (first, max(last, end), before + weight)
        elif end > begin:
            found.append((begin, end, weight))
    return found


def greatest_weight(parts: Sequence[Weighed]) -> float:
    """The greatest size of the weight on any piece of a row's texts."""
    return max((abs(weight) for part in parts for *_, weight in _merged(part)), default=0.0)
