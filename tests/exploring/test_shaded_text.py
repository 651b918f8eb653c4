"""Shaded words as HTML."""

import numpy as np

from foldwise.exploring.shaded_text import ShadedTexts, shaded
from foldwise.pipeline.evidence import WordWeights


def test_a_word_is_shaded_by_its_weight_and_sign() -> None:
    part = WordWeights("good, bad", ((0, 4), (6, 9)), np.array([1.0, -0.5]), 9)
    assert shaded(part) == (
        '<span style="background: rgba(230, 120, 0, 0.55)" title="1.000">good</span>, '
        '<span style="background: rgba(0, 114, 178, 0.28)" title="-0.500">bad</span>'
    )


def test_a_text_is_no_html() -> None:
    part = WordWeights("<script>x</script>", ((0, 8),), np.array([1.0]), 18)
    assert "<script>" not in shaded(part)
    html = ShadedTexts(("<b>",), ((part,),), "a & b")._repr_html_()
    assert "<b>&lt;b&gt;</b>" in html
    assert html.endswith("<p><i>a &amp; b</i></p></div>")


def test_what_was_not_read_is_faint() -> None:
    part = WordWeights("good film", ((0, 4),), np.array([1.0]), 4)
    assert shaded(part).endswith('<span style="opacity: 0.4"> film</span>')


def test_weights_are_scaled_by_the_largest_of_all_parts() -> None:
    parts = (
        WordWeights("a", ((0, 1),), np.array([0.2]), 1),
        WordWeights("b", ((0, 1),), np.array([0.1]), 1),
    )
    html = ShadedTexts(("1",), (parts,), "")._repr_html_()
    assert 'title="1.000">a' in html
    assert 'title="0.500">b' in html


def test_a_text_without_weights_is_shown_as_it_is() -> None:
    part = WordWeights("good film", (), np.empty(0), 9)
    assert "<br>good film</p>" in ShadedTexts(("1",), ((part,),), "why")._repr_html_()
