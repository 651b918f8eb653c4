"""The colours of a report, on paper and on a dark screen.

Plots are drawn in the light ones, each of which stands for a name; on the page the name takes its
place, as a CSS variable, so that the same drawing is read in the dark. The hues are Okabe and
Ito's, told apart by everyone: https://jfly.uni-koeln.de/color/. In the dark they are lighter.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType

HEX = re.compile(r"#[0-9a-f]{6}\b")


@dataclass(frozen=True)
class Colour:
    """One colour by theme, as `#rrggbb` in small letters."""

    light: str
    dark: str


COLOURS = MappingProxyType(
    {
        "paper": Colour("#ffffff", "#14181d"),
        "ink": Colour("#1b1f24", "#e6e9ed"),
        "muted": Colour("#56606c", "#a5afba"),
        "rule": Colour("#d5dae0", "#37404a"),
        "blue": Colour("#0072b2", "#56b4e9"),
        "vermillion": Colour("#d55e00", "#f08a3c"),
        "green": Colour("#009e73", "#2fc79b"),
        "purple": Colour("#b5578f", "#dd9ac4"),
        "orange": Colour("#e69f00", "#f0b429"),
        "sky": Colour("#3f9fd6", "#2a8fd0"),
    }
)
PAPER, INK, MUTED, RULE = (COLOURS[name].light for name in ("paper", "ink", "muted", "rule"))
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = (
    COLOURS[name].light for name in ("blue", "vermillion", "green", "purple", "orange", "sky")
)
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, INK)
MARKERS = "osD^vPX"
LINES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)))
_NAMES = {colour.light: name for name, colour in COLOURS.items()}


@dataclass(frozen=True)
class Look:
    """How one of several series is drawn: told apart by colour, marker and line."""

    colour: str
    marker: str
    line: str | tuple[int, tuple[float, ...]]


def look_of(number: int) -> Look:
    """The look of series `number`, from 0; after 28 of them looks come again."""
    line = LINES[number // len(SERIES) % len(LINES)]
    return Look(SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)], line)


def with_variables(drawing: str) -> str:
    """A tag of an SVG drawn in light colours, with CSS variables in their places.

    Raises:
        ValueError: it has a colour that is none of the report's, which no theme would change.
    """
    if others := set(HEX.findall(drawing)) - _NAMES.keys():
        raise ValueError(f"plots are drawn in the report's colours, got {sorted(others)}")
    return HEX.sub(lambda found: f"var(--{_NAMES[found[0]]})", drawing)


def variables(theme: str) -> str:
    """The CSS declarations of a theme, "light" or "dark"."""
    return " ".join(f"--{name}: {getattr(of, theme)};" for name, of in COLOURS.items())
