"""Sentences in narrow terminals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.cli.output import Output
from foldwise.cli.wrapping import wrapped

NOTE = (
    "note: words: the expected score leaves out what averaging the folds' models gains, which the "
    "files here do not tell"
)


def test_a_long_sentence_goes_on_set_in() -> None:
    assert wrapped(NOTE, 60).split("\n") == [
        "note: words: the expected score leaves out what averaging",
        "  the folds' models gains, which the files here do not tell",
    ]
    assert wrapped(f"  {NOTE}", 60).split("\n")[1].startswith("    the folds'")


def test_what_fits_stays_as_it_is() -> None:
    assert wrapped("a  b\n  c ", 10) == "a  b\n  c "


# A line break in a command would be run as two commands.
@pytest.mark.parametrize(
    "command",
    [
        "foldwise ensemble words letters labels --name blend --method nnls --space logit",
        "kaggle datasets create -p /a/folder/that/has/a/long/name/dataset -r zip",
        "/an/environment/that/has/a/long/name/bin/python -m ensurepip, or: uv pip install pip",
        "uv pip install a-package-of-a-name another-package-of-a-name",
        "ray start --head, and give --address its address, on every other machine",
    ],
)
def test_a_command_stays_on_one_line(command: str) -> None:
    found = wrapped(f"the ensemble has other members than before; run: {command}", 40).split("\n")
    assert found[-1] == f"  {command}"
    assert max(map(len, found[:-1])) <= 40
    assert wrapped(f"    {command}", 40) == f"    {command}"


def test_a_path_stays_behind_its_label() -> None:
    line = "submission: /a/folder/that/has/a/long/name/submissions/blend.csv (84 rows)"
    assert wrapped(line, 40) == line


@given(st.lists(st.text("abc.,:-/", min_size=1, max_size=20), min_size=1), st.integers(30, 80))
def test_no_word_is_lost_and_no_line_too_long(words: list[str], room: int) -> None:
    found = wrapped(" ".join(["note: of", *words]), room)
    assert found.split() == ["note:", "of", *words]
    assert max(map(len, found.split("\n"))) <= room


def test_notes_errors_and_results_are_wrapped_where_a_terminal_is_narrow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(json=False)
    output.say(NOTE)
    assert capsys.readouterr().err == f"{NOTE}\n"  # into a file: a line stays one
    monkeypatch.setenv("COLUMNS", "60")
    output.say(NOTE)
    output.lines([NOTE])
    output.whole([NOTE])
    said = capsys.readouterr()
    assert said.err == f"{wrapped(NOTE, 60)}\n"
    assert said.out == f"{wrapped(NOTE, 60)}\n{NOTE}\n"
