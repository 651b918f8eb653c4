import io
import re
from xml.etree import ElementTree

import pytest
from matplotlib.axes import Axes
from matplotlib.image import imread

from foldwise.reporting.palette import BLUE
from foldwise.reporting.plot import Plot, drawn, names_beside

HOSTILE = '<script>alert("1")</script> $x^2$ & \\1 \x00 \u202e'


def plot(text: str = "label", name: str = "plot") -> Plot:
    def draw(axes: Axes) -> None:
        axes.plot([1.234567, 2], [1, 2], "o-", color=BLUE, label=text)
        axes.set_xlabel(text)
        axes.legend()

    return Plot(name=name, title=f"Title {text}", alt=f"Alt {text}", draw=draw)


def test_a_plot_has_text_as_text_and_takes_its_colours_from_the_page() -> None:
    drawing = drawn(plot("words that are read")).svg
    root = ElementTree.fromstring(drawing.replace("xlink:href", "href"))  # noqa: S314
    assert root.get("viewBox") == "0 0 360 250"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Title words that are read. Alt words that are read"
    assert "words that are read" in [element.text for element in root.iter("text")]
    assert "var(--blue)" in drawing
    assert not re.search(r"#[0-9a-f]{6}|http|<style|font-family", drawing)


def test_names_inside_are_the_plot_s_own_and_lead_somewhere() -> None:
    drawing = drawn(plot(name="mine")).svg
    given = re.findall(r' id="([^"]*)"', drawing)
    used = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', drawing)
    assert len(set(given)) == len(given) > 0
    assert {first or second for first, second in used} == set(given)
    assert all(name.startswith("mine-") for name in given)


def test_hostile_labels_stay_text() -> None:
    drawing = drawn(plot(HOSTILE)).svg
    root = ElementTree.fromstring(drawing.replace("xlink:href", "href"))  # noqa: S314
    assert not list(root.iter("script"))
    shown = [element.text for element in root.iter("text")]
    assert '<script>alert("1")</script> $x^2$ & \\1 \ufffd \u202e' in shown


@pytest.mark.parametrize(
    "label",
    ["#facade", "#ffffff", 'an id="x" font-family: y; url(#z)', 'href="#a" x="1.23456"', "a > b"],
)
def test_labels_that_read_like_markup_are_shown_as_they_are(label: str) -> None:
    drawing = drawn(plot(label)).svg
    root = ElementTree.fromstring(drawing.replace("xlink:href", "href"))  # noqa: S314
    assert [element.text for element in root.iter("text")].count(label) == 2


def test_the_same_plot_gives_the_same_bytes() -> None:
    drawing = drawn(plot())
    assert drawing == drawn(plot())
    # 360 by 250 at 200 dots an inch
    assert imread(io.BytesIO(drawing.png)).shape[:2] == (694, 1000)


def test_a_plot_is_drawn_once_for_page_and_picture() -> None:
    times = []

    def draw(axes: Axes) -> None:
        times.append(axes)
        axes.plot([1, 2], [1, 2], color=BLUE)

    drawing = drawn(Plot("once", "The title", "", draw))
    assert len(times) == 1
    # the title stands in the picture, and on the page beside the drawing
    assert ">The title<" not in drawing.svg
    untitled = drawn(Plot("once", "", "", draw))
    assert imread(io.BytesIO(drawing.png)).tobytes() != imread(io.BytesIO(untitled.png)).tobytes()


def test_names_of_runs_have_room_beside_a_plot_and_stay_different() -> None:
    names = ["tfidf", "movie-valence-minilm-tuned", "movie-valence-tfidf"]
    assert names_beside(names) == ["tfidf", "movie-val…nilm-tuned", "movie-valence-tfidf"]
    alike = [f"movie-valence-minilm-{k}-movie-valence-2026" for k in "ab"]
    assert [name.replace("\n", "") for name in names_beside(alike)] == alike
    assert max(len(line) for name in names_beside(alike) for line in name.split("\n")) <= 20


def test_a_colour_that_no_theme_knows_is_refused() -> None:
    foreign = Plot("x", "x", "x", lambda axes: axes.set_facecolor("#abcdef"))
    with pytest.raises(ValueError, match="abcdef"):
        drawn(foreign)
