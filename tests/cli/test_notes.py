"""Warnings as notes."""

import warnings

import pytest

from foldwise.cli.notes import warnings_as_notes
from foldwise.cli.output import Output
from foldwise.errors import FoldwiseWarning


def test_a_warning_of_ours_is_one_plain_line_and_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with warnings_as_notes(Output(json=False)):
        for text in ("texts are cut", "texts are cut", "made anew"):
            warnings.warn(FoldwiseWarning(text), stacklevel=1)
    assert capsys.readouterr().err == "note: texts are cut\nnote: made anew\n"


def test_a_warning_of_a_library_is_a_detail(capsys: pytest.CaptureFixture[str]) -> None:
    for level in (0, 1):
        with warnings_as_notes(Output(json=False, level=level)):
            warnings.simplefilter("always", UserWarning)
            warnings.warn("old habits\nand more", UserWarning, stacklevel=1)
        said = capsys.readouterr().err
        if level:
            assert said.startswith("note: UserWarning of test_notes.py:")
            assert said.endswith(": old habits\n")
        else:
            assert said == ""


def test_warnings_are_as_before_afterwards() -> None:
    before = (warnings.showwarning, list(warnings.filters))
    with warnings_as_notes(Output(json=False)):
        pass
    assert (warnings.showwarning, list(warnings.filters)) == before
