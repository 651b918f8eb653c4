"""The page: one HTML file with everything in it, that asks nobody for anything."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import foldwise
from foldwise.reporting.characters import tame
from foldwise.reporting.palette import variables
from foldwise.reporting.plot import Plot, drawn
from foldwise.reporting.section import Section

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE, STYLE, SCRIPT = "report.html.j2", "report.css", "theme.js"


@dataclass(frozen=True)
class Page:
    """What stands on the page.

    Attributes:
        title: of the window, and the heading.
        subtitle: the competition.
        sections: in order; those without content are left out before.
        origins: what the runs were made from: name and hash, for the foot of the page.
    """

    title: str
    subtitle: str
    sections: Sequence[Section]
    origins: Sequence[str]


def svg_of(plot: Plot) -> str:
    """The plot as an `<svg>` element."""
    return drawn(plot).svg


def html_of(page: Page, svg: Callable[[Plot], str] = svg_of) -> str:
    """The page as HTML. Whatever it is given is escaped; only plots are markup.

    Plots are drawn by `svg`, which may have them ready.

    It carries a policy by which a browser refuses every request, whatever might have slipped in:
    https://www.w3.org/TR/CSP3/
    """
    from markupsafe import Markup

    script = _file(SCRIPT)
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            page=page,
            policy=policy_of(script),
            style=Markup(_style()),  # noqa: S704 - files of this package, not anyone's text
            script=Markup(script),  # noqa: S704
            version=foldwise.__version__,
            svg=lambda plot: Markup(svg(plot)),  # noqa: S704 - matplotlib escapes its texts
        )
    )


def policy_of(script: str) -> str:
    """The Content-Security-Policy: nothing is fetched, and no script runs but this one."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # plots have style attributes, which have no hash
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        f"base-uri 'none'; form-action 'none'"
    )


def _style() -> str:
    """The style sheet, with the colours of both themes."""
    themes = {"/* light */": variables("light"), "/* dark */": variables("dark")}
    style = _file(STYLE)
    for place, colours in themes.items():
        style = style.replace(place, colours)
    return style


def _file(name: str) -> str:
    return files("foldwise.reporting").joinpath("page", name).read_text(encoding="utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import DictLoader, Environment, StrictUndefined

    return Environment(
        loader=DictLoader({TEMPLATE: _file(TEMPLATE)}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_tamed,
    )


def _tamed(value: object) -> object:
    """A text without characters that no page holds; markup, which is safe already, as it is."""
    return tame(value) if type(value) is str else value
