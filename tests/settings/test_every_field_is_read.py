"""A setting that nothing reads would be a promise that nothing keeps."""

import ast
from pathlib import Path

import pytest

from foldwise.settings import Settings
from tests.settings.field_reads import Field, leaves, reads_in

PACKAGE = Path(__file__).parents[2] / "src" / "foldwise"
OWN = PACKAGE / "settings"
HEADER = "from foldwise import settings\nfrom foldwise.settings import Head, Settings\n"


def trees(paths: list[Path]) -> list[ast.AST]:
    return [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(paths)]


@pytest.fixture(scope="module")
def read() -> set[Field]:
    """What the package reads outside of the settings, also through their methods."""
    outside = [path for path in PACKAGE.rglob("*.py") if OWN not in path.parents]
    return reads_in(trees(outside), trees(list(OWN.glob("*.py"))))


@pytest.mark.parametrize("field", leaves(Settings), ids=str)
def test_the_package_reads(field: Field, read: set[Field]) -> None:
    assert field in read, f"nothing outside of foldwise.settings reads {field}"


def found(source: str, accessors: str = "") -> set[str]:
    return {str(f) for f in reads_in([ast.parse(HEADER + source)], [ast.parse(accessors)])}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x: settings.Rates): return x.top", {"Rates.top"}),
        ("def f(x: Head | None): return x.dropout", {"Head.dropout"}),
        ("def f(x: 'settings.Head'): return x.dropout", {"Head.dropout"}),
        ("def f(x: Settings): return x.rates.top + x.seed", {"Rates.top", "Settings.seed"}),
        ("def f(x: Settings):\n  a, b = x.head, x.loss\n  return b.kind", {"Loss.kind"}),
        ("def f(x: Settings):\n  for s in x.stages: s.schedule.end", {"Schedule.end"}),
        ("def f(x: Settings): return [s.train for s in x.stages]", {"Stage.train"}),
        ("def f(x: Settings): return x.stages[0].epochs", {"Stage.epochs"}),
        ("def f(x: Settings): return getattr(x.loss, 'delta')", {"Loss.delta"}),
        ("def f() -> Head: ...\ndef g(): return f().norm", {"Head.norm"}),
        ("class A:\n  own: Settings\ndef f(a: A): return a.own.head.norm", {"Head.norm"}),
        ("class A:\n  def __init__(self, x: Head): self.x = x\ny.x.norm", {"Head.norm"}),
        ("class A:\n  @property\n  def x(self) -> Head: ...\ny.x.norm", {"Head.norm"}),
    ],
)
def test_a_read_is_seen_through(source: str, expected: set[str]) -> None:
    assert found(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "def f(x): return x.dropout",  # of anything
        "def f(model): return model.head.dropout",  # of a module that has the section's name
        "from other import Loss\ndef f(x: Loss): return x.kind",  # nor of a class that has it
        "def f(x: Head): return g(x)",  # passed on whole
        "def f(x: Head): x.model_dump()['dropout']",
        "def f(x: Head): return x.model_copy(update={'dropout': 1})",  # written
        "def f(x: Head, y): return y.dropout",
        "'head.dropout'",
    ],
)
def test_what_is_no_read_is_none(source: str) -> None:
    assert found(source) == set()


def test_what_a_method_of_the_settings_reads_counts_where_it_is_called() -> None:
    method = "class Settings:\n  def half(self) -> float: return self.training.epochs / 2"
    assert found("def f(x: Settings): return x.half()", method) == {"Training.epochs"}
    assert found("def f(x: Settings): return x.other()", method) == set()
