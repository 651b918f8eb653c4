from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from foldwise.reporting.characters import tame
from foldwise.reporting.shading import LONGEST, as_addend, greatest_weight, plain_part, shaded_part


@dataclass(frozen=True)
class Weighed:
    text: str
    spans: tuple[tuple[int, int], ...]
    weights: NDArray[np.float64]


@st.composite
def weighed_texts(draw: st.DrawFn) -> Weighed:
    text = draw(st.text(st.characters(codec=None), max_size=50))
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    spans = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b]
    spans = [span for span in spans for _ in range(draw(st.integers(1, 2)))]  # shared characters
    return Weighed(text, tuple(spans), np.linspace(0.0, 0.5, len(spans)))


@given(weighed_texts())
def test_no_character_and_no_weight_is_lost_or_shown_twice(weighed: Weighed) -> None:
    greatest = greatest_weight([weighed])
    pieces = shaded_part(weighed, greatest)
    assert "".join(piece.text for piece in pieces) == tame(weighed.text)
    assert all(0 <= piece.shade <= 1 for piece in pieces)
    shown = sum(float(piece.weight.removesuffix(" %")) for piece in pieces if piece.weight)
    assert shown == pytest.approx(100 * weighed.weights.sum(), abs=0.05 * len(pieces) + 1e-9)


def test_the_greatest_weight_is_shaded_fully_and_gaps_are_not() -> None:
    weighed = Weighed("one two, three", ((0, 3), (4, 7), (9, 14)), np.array([0.1, 0.4, 0.2]))
    pieces = shaded_part(weighed, greatest_weight([weighed]))
    assert [(p.text, p.shade, p.weight) for p in pieces] == [
        ("one", 0.25, "10.0 %"),
        (" ", 0.0, ""),
        ("two", 1.0, "40.0 %"),
        (", ", 0.0, ""),
        ("three", 0.5, "20.0 %"),
    ]


def test_what_words_add_is_shaded_by_its_size_and_keeps_its_sign() -> None:
    weighed = Weighed("good bad", ((0, 4), (5, 8)), np.array([0.1, -0.4]))
    pieces = shaded_part(weighed, greatest_weight([weighed]), as_addend)
    assert [(p.text, p.shade, p.weight) for p in pieces] == [
        ("good", 0.25, "+0.100"),
        (" ", 0.0, ""),
        ("bad", -1.0, "-0.400"),
    ]


def test_tokens_that_share_a_character_are_one_piece_of_both_weights() -> None:
    weighed = Weighed("a 🙂", ((0, 1), (2, 3), (2, 3)), np.array([0.1, 0.2, 0.3]))
    assert shaded_part(weighed, 0.5)[-1].weight == "50.0 %"


def test_a_long_text_is_cut_and_says_so() -> None:
    text = "x" * (LONGEST + 7)
    assert plain_part(text)[0].text.endswith("... (7 more characters)")
    weighed = Weighed(text, ((0, 1), (LONGEST + 1, LONGEST + 2)), np.array([0.5, 0.5]))
    pieces = shaded_part(weighed, 0.5)
    assert [piece.weight for piece in pieces] == ["50.0 %", ""]
    assert pieces[-1].text.endswith("... (7 more characters)")
