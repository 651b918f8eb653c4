"""Tables as text."""

import pytest

from foldwise.cli.tables import Figure, figure, rendered


def lines_of(title: str, columns: list[str], rows: list[list[object]]) -> list[str]:
    return rendered(title, columns, rows).splitlines()


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    rows: list[list[object]] = [["a", 1234, figure(-0.5, 0.25)], ["long", 7, figure(12.0)]]
    assert lines_of("counts", ["name", "rows", "score"], rows) == [
        "counts",
        "name   rows             score",
        "─────────────────────────────",
        "a     1,234  -0.5000 ± 0.2500",
        "long      7           12.0000",
        "",
    ]


def test_an_id_of_digits_is_no_number() -> None:
    assert lines_of("t", ["id"], [["7"], ["1234"]])[3:5] == ["7", "1234"]


def test_a_blank_cell_does_not_make_a_column_of_numbers_one_of_words() -> None:
    assert lines_of("t", ["n"], [[1], [""], [100]])[3:6] == ["  1", "", "100"]


def test_a_title_is_never_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    title = "a title that is much longer than the table"
    assert lines_of(title, ["n"], [[1]])[0] == title


def test_cells_are_wrapped_where_a_terminal_is_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[object]] = [["word " * 20, 1]]
    assert max(map(len, lines_of("t", ["a", "b"], rows))) > 80  # a file takes any width
    monkeypatch.setenv("COLUMNS", "80")
    wrapped = lines_of("t", ["a", "b"], rows)
    assert max(map(len, wrapped)) <= 80
    assert " ".join(wrapped).count("word") == 20


def test_markup_and_control_characters_are_shown_and_not_obeyed() -> None:
    line = lines_of("t", ["a"], [["[bold]x[/bold] :smile: \x1b[31mred"]])[3]
    assert line == "[bold]x[/bold] :smile:  [31mred"


def test_a_table_without_columns_has_no_header() -> None:
    assert lines_of("facts", [], [["gpu", "none"]]) == ["facts", "gpu  none", ""]


def test_a_table_without_rows_has_its_header() -> None:
    assert lines_of("t", ["a", "b"], [])[1] == "a  b"


def test_a_figure_has_its_standard_error_where_it_is_known() -> None:
    assert figure(1.0930, 0.009) == "1.0930 ± 0.0090"
    assert figure(1.0930, None, digits=2) == Figure("1.09")
