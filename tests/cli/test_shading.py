"""Words shaded in a terminal."""

import io
import sys

import numpy as np
import pytest

from foldwise.cli.shading import LOWERS, RAISES, can_shade, heaviest, shaded
from foldwise.pipeline.evidence import WordWeights


def words(text: str, *weights: float, read_to: int | None = None) -> WordWeights:
    ends = np.cumsum([len(word) + 1 for word in text.split()]) - 1
    starts = [0, *(ends[:-1] + 1)]
    spans = tuple((int(a), int(b)) for a, b in zip(starts, ends, strict=True))
    return WordWeights(text, spans, np.array(weights), len(text) if read_to is None else read_to)


def background(colour: str) -> str:
    """The escape codes that put black letters on a colour of 24 bits."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"\x1b[30;48;2;{red};{green};{blue}m"


@pytest.fixture(autouse=True)
def colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_the_heavier_a_word_the_stronger_its_shade() -> None:
    shown = shaded([words("the good old film", 0.01, 0.5, 0.1, 0.25)])
    assert shown == (
        f"the {background(RAISES[2])}good\x1b[0m {background(RAISES[0])}old\x1b[0m "
        f"{background(RAISES[1])}film\x1b[0m\n"
    )


def test_what_lowers_a_score_has_another_hue() -> None:
    assert shaded([words("bad", -0.2)]) == f"{background(LOWERS[2])}bad\x1b[0m\n"


def test_the_parts_of_a_pair_share_one_scale() -> None:
    shown = shaded([words("good", 1.0), words("film", 0.2)])
    assert shown.splitlines()[1] == f"{background(RAISES[0])}film\x1b[0m"


def test_what_was_not_read_is_dim() -> None:
    assert shaded([words("good film", 1.0, 0.0, read_to=4)]).endswith("\x1b[2m film\x1b[0m\n")


def test_weights_of_nothing_shade_nothing() -> None:
    assert shaded([words("a film", 0.0, 0.0)]) == "a film\n"
    assert shaded([WordWeights("", (), np.empty(0), 0)]) == "\n"


def test_a_text_cannot_command_the_terminal() -> None:
    assert shaded([words("\x1b[31mred [bold]x[/bold]", 0.0, 0.0)]) == " [31mred [bold]x[/bold]\n"


def test_the_heaviest_words_come_first_whatever_their_sign() -> None:
    found = heaviest([words("a bad", 0.1, -0.7), words("film x", 0.3, 0.0)], count=3)
    assert found == [("bad", -0.7), ("film", 0.3), ("a", 0.1)]


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_only_a_terminal_that_may_show_colours_is_shaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Screen())
    assert can_shade()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not can_shade()
    monkeypatch.setenv("NO_COLOR", "")  # empty does not count: https://no-color.org
    assert can_shade()
    monkeypatch.setenv("TERM", "dumb")
    assert not can_shade()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not can_shade()
