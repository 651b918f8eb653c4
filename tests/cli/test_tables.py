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


def test_a_table_of_nothing_is_its_title() -> None:
    assert rendered("t", [], []) == "t\n\n"
    assert rendered("t", [], [[], []]) == "t\n\n"
    assert lines_of("t", ["n", "m"], []) == ["t", "n  m", "────", ""]


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


SCORES: list[list[object]] = [
    ["movie-valence-minilm-tuned", figure(1.0853, 0.0126), Figure("0.998 to 1.082"), 12.5],
    ["tfidf", figure(1.3661, 0.0098), Figure("1.303 to 1.368"), 0.2],
]
COLUMNS = ["run", "OOF rmse", "expected", "minutes of training"]


def test_headers_are_broken_before_names_and_names_before_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert lines_of("t", COLUMNS, SCORES)[2:-1] == [
        "                                                          of",
        "run                       OOF rmse        expected  training",
        "────────────────────────────────────────────────────────────",
        "movie-valence-     1.0853 ± 0.0126  0.998 to 1.082   12.5000",
        "minilm-tuned",
        "tfidf              1.3661 ± 0.0098  1.303 to 1.368    0.2000",
    ]
    monkeypatch.setenv("COLUMNS", "46")
    assert lines_of("t", COLUMNS, SCORES)[-3:-1] == [
        "tfidf      1.3661 ± 0.0098  1.303 to    0.2000",
        "                               1.368",
    ]


def test_columns_without_room_follow_below_with_the_names_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "43")
    assert lines_of("t", COLUMNS, SCORES)[7:] == [
        "tfidf       1.3661 ± 0.0098  1.303 to 1.368",
        "",
        "                                 minutes of",
        "run                                training",
        "───────────────────────────────────────────",
        "movie-valence-minilm-tuned          12.5000",
        "tfidf                                0.2000",
        "",
    ]


@pytest.mark.parametrize("room", [1, 7, 20])
def test_no_terminal_is_too_narrow(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(room))
    assert max(map(len, lines_of("title", COLUMNS, SCORES)[1:])) <= max(room, 4)
