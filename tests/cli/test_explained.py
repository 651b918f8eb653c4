"""What stands behind predictions, on the screen."""

import io
import sys

import numpy as np
import pytest

from foldwise.cli.explained import as_json, short, show
from foldwise.cli.output import Output
from foldwise.pipeline.evidence import WordWeights
from foldwise.pipeline.explaining import Explained, ExplainedText
from foldwise.pipeline.neighbours import Neighbour

NEAR = Neighbour("r1", 2, ("a\nfilm",), {"target": 0.5}, {"target": 0.25}, 0.125)
WORDS = WordWeights("good film", ((0, 4), (5, 9)), np.array([0.75, 0.0]), 4)


def explained(kind: str = "attention", reason: str = "") -> Explained:
    words = () if kind == "none" else (WORDS,)
    text = ExplainedText("1", ("good film",), {"target": 0.4}, ("target",), [NEAR], words, "")
    return Explained([text], kind, reason)  # type: ignore[arg-type]  # one of its names


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_list_stands_for_shades_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(explained(), Output(json=False))
    assert capsys.readouterr().out == (
        "training rows predicted most alike\n"
        "id  fold  target    true  text\n"
        "────────────────────────────────\n"
        "r1     2  0.5000  0.2500  a film\n"
        "\n"
        "the attention on each word\n"
        "word  weight\n"
        "────────────\n"
        "good   0.750\n"
        "\n"
        "read to character 4; see encoder.max_length\n"
        "\n"
    )


def test_a_terminal_gets_the_text_in_shades(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")  # rich keeps a style as first rendered
    monkeypatch.delenv("NO_COLOR", raising=False)
    show(explained(), Output(json=False))
    shown = screen.getvalue()
    assert "\x1b[30;48" in shown
    assert "word  weight" not in shown


def test_the_reason_is_told_where_words_have_no_weights(capsys: pytest.CaptureFixture[str]) -> None:
    show(explained("none", "x learns no weights; train y"), Output(json=False))
    out = capsys.readouterr().out
    assert out.endswith("no words are shaded: x learns no weights; train y\n")


def test_json_keeps_every_word() -> None:
    (row,) = as_json(explained())
    assert row["words"]["parts"] == [
        {
            "text": "good film",
            "read_to": 4,
            "words": [
                {"word": "good", "start": 0, "end": 4, "weight": 0.75},
                {"word": "film", "start": 5, "end": 9, "weight": 0.0},
            ],
        }
    ]
    assert (row["words"]["kind"], row["words"]["of"], row["words"]["reason"]) == (
        *("attention", None, None),
    )


def test_a_long_text_is_cut_on_one_line() -> None:
    assert short(("two\nlines", "and more")) == "two lines | and more"
    assert short(("x" * 40,)) == "x" * 31 + "…"
