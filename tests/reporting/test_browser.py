"""Reports of real small runs in a real browser, at the widths of a phone and of a desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from foldwise.paths import Project
from foldwise.reporting.page import html_of
from foldwise.reporting.report import page_of
from foldwise.storage import write_text
from tests.reporting.chromium import Tab, chromium_path, running_chromium

RUNS = {
    "attention": ["attention"], "labels": ["labels"], "blend": ["blend"],
    "two": ["attention", "words"],
}  # fmt: skip
WIDE = "Array.from(document.querySelectorAll('body *')).filter(e => !e.closest('.scroll') && "
WIDE += "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 90))"
SIZES = "Array.from(document.querySelectorAll('figure svg')).map(e => {"
SIZES += " const box = e.getBoundingClientRect(); return [box.width, box.height]; })"
SMALLEST = "Math.min(...Array.from(document.querySelectorAll('figure svg text')).filter(e => "
SMALLEST += "e.textContent.trim()).map(e => e.getBoundingClientRect().height))"
PAPER = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    program = chromium_path()
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium, or any of its relatives")
    with running_chromium(program, tmp_path_factory.mktemp("profile")) as browser:
        yield browser.tab()


@pytest.fixture(scope="module", params=sorted(RUNS))
def report(request: pytest.FixtureRequest, project: Project, pages: Path) -> Path:
    path = pages / f"{request.param}.html"
    write_text(path, html_of(page_of(project, RUNS[request.param], lambda _message: None)))
    return path


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1400])
def test_a_report_is_whole_quiet_and_fits(tab: Tab, report: Path, width: int, dark: bool) -> None:
    tab.open(report, width, dark=dark, phone=width == 400)

    # nothing is logged, thrown, or asked for but the file itself
    assert tab.complaints() == []
    assert tab.requests() == [report.as_uri()]

    # every plot is there, and is seen
    sizes = tab.value(SIZES)
    assert len(sizes) == report.read_text().count("<figure>") > 0
    assert min(min(size) for size in sizes) > 80

    # nothing is wider than the window, and no word is too small to be read
    assert tab.value("document.documentElement.scrollWidth") == width
    assert tab.value(WIDE) == []
    assert tab.value(SMALLEST) > 9

    # the theme is the system's
    assert tab.value(PAPER) == ("rgb(20, 24, 29)" if dark else "rgb(255, 255, 255)")


def test_the_reader_s_choice_of_a_theme_wins(tab: Tab, report: Path) -> None:
    tab.open(report, 1400, dark=False)
    tab.value("document.getElementById('theme').click()")
    assert tab.value(PAPER) == "rgb(20, 24, 29)"
    ink = "getComputedStyle(document.querySelector('figure svg text')).fill"
    assert tab.value(ink) != "rgb(0, 0, 0)"  # plots take part in it
    tab.value("document.getElementById('theme').click()")
    assert tab.value(PAPER) == "rgb(255, 255, 255)"
    tab.value("localStorage.removeItem('foldwise-theme')")  # files share what is kept


def test_a_report_is_printed_light(tab: Tab, report: Path, tmp_path: Path) -> None:
    tab.open(report, 1400, dark=True)
    tab.call("Emulation.setEmulatedMedia", media="print")
    assert tab.value(PAPER) == "rgb(255, 255, 255)"
    tab.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    tab.call("Emulation.setEmulatedMedia", media="")


def test_a_page_that_asked_for_something_would_be_seen(tab: Tab, tmp_path: Path) -> None:
    # else the tests above could not fail
    page = tmp_path / "loud.html"
    page.write_text(
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
        "<table width='2000'><tr><td>wide</table><script>1</script><img src='other.png'>"
    )
    tab.open(page, 400, dark=False)
    assert tab.complaints() != []
    assert tab.value(WIDE) != []
