"""What goes to standard output, and what to standard error."""

import json
from pathlib import Path

import pytest

from foldwise.cli.output import Output
from foldwise.errors import DataError


def test_people_get_tables_and_programs_one_json_value(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (False, True):
        output = Output(json=as_json)
        output.say("working")
        output.result({"path": Path("a.csv")})
        output.table("title", ["n"], [[1]])
        output.lines(["done"])
        output.finish()
        printed = capsys.readouterr()
        assert printed.err == "working\n"
        if as_json:
            assert json.loads(printed.out) == {"path": "a.csv"}
        else:
            assert printed.out == "title\nn\n─\n1\n\ndone\n"


def test_an_error_takes_the_place_of_a_result_that_was_not_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = Output(json=True)
    output.result([1, 2])
    output.error(DataError("one", "two"))
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {
        "error": "DataError",
        "exit_code": 3,
        "complaints": ["one", "two"],
    }
    assert printed.err == "error: 2 problems:\n  - one\n  - two\n"


@pytest.mark.parametrize(("level", "said"), [(-1, ""), (0, "say\n"), (1, "say\ndetail\n")])
def test_the_level_decides_what_is_said(
    level: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = Output(json=False, level=level)
    output.say("say")
    output.detail("detail")
    assert capsys.readouterr().err == said


def test_a_result_that_is_no_json_is_a_bug() -> None:
    output = Output(json=True)
    output.result({"value": {1, 2}})
    with pytest.raises(TypeError, match="JSON's types, got set"):
        output.finish()
    output.result({"value": float("nan")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        output.finish()
