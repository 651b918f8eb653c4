import pytest

from foldwise.reporting.palette import COLOURS, look_of, variables, with_variables

DRAWN_WITH = [name for name in COLOURS if name not in {"paper", "rule"}]


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", DRAWN_WITH)
def test_every_colour_is_seen_on_the_paper_of_its_theme(name: str, theme: str) -> None:
    paper, colour = (getattr(COLOURS[each], theme) for each in ("paper", name))
    # text needs 4.5, marks 3; orange, Okabe and Ito's palest, is never a line alone on white
    least = {"ink": 7.0, "muted": 4.5, "orange": 2.2, "sky": 2.9}.get(name, 3.0)
    assert contrast(colour, paper) >= least


def test_a_drawing_gets_variables_for_colours_and_no_other_is_let_through() -> None:
    assert with_variables("fill: #0072b2; x: #1b1f24") == "fill: var(--blue); x: var(--ink)"
    with pytest.raises(ValueError, match=r"report's colours, got \['#123456'\]"):
        with_variables("fill: #123456")


def test_light_colours_differ_since_each_stands_for_a_name() -> None:
    assert len({colour.light for colour in COLOURS.values()}) == len(COLOURS)
    assert "--paper: #14181d;" in variables("dark")


def test_many_series_do_not_look_alike() -> None:
    looks = [look_of(number) for number in range(28)]
    assert len({(look.colour, look.line) for look in looks}) == 28
