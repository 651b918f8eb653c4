"""What stands in a file is what is read, or an error that names the line."""

import csv
import io
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foldwise.competition.competition import FileFormat
from foldwise.competition.reading import RawTable, read_table
from foldwise.errors import DataError

CSV = FileFormat()
PLAIN_TSV = FileFormat(separator="\t", quoting=False)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def read(
    tmp_path: Path,
    content: str | bytes,
    columns: tuple[str, ...] = ("id", "text"),
    style: FileFormat = CSV,
    *,
    rows_required: bool = True,
) -> RawTable:
    path = tmp_path / "train.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, style, columns, rows_required=rows_required)


def complaints(tmp_path: Path, content: str | bytes, style: FileFormat = CSV) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(tmp_path, content, style=style)
    assert caught.value.exit_code == 3
    return [text.replace(f"{tmp_path}/", "") for text in caught.value.complaints]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfid,text\n1,a\n").header == ("id", "text")


@pytest.mark.parametrize("style", [CSV, FileFormat(quoting=False)])
def test_carriage_returns_may_end_lines(tmp_path: Path, style: FileFormat) -> None:
    table = read(tmp_path, "id,text\r\n1,a\r\n2,b\r\n\r\n", style=style)
    assert table.columns == {"id": ["1", "2"], "text": ["a", "b"]}
    assert table.lines.tolist() == [2, 3]


def test_line_ends_inside_quotation_marks_are_kept(tmp_path: Path) -> None:
    table = read(tmp_path, 'id,text\n1,"a\r\nb\nc\rd"\n2,e\n')
    assert table.columns["text"] == ["a\r\nb\nc\rd", "e"]


def test_lines_are_those_on_which_rows_begin(tmp_path: Path) -> None:
    assert read(tmp_path, 'id,text\n1,"a\nb\n\nc"\n2,d\n').lines.tolist() == [2, 6]


@pytest.mark.parametrize("text", ["NA", "null", "None", "nan", "", "0", "TRUE", "1e5", " a "])
def test_no_text_is_taken_for_anything_else(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f'id,text\n1,"{text}"\n2,{text}\n').columns["text"] == [text, text]


def test_ids_keep_leading_zeros_and_spaces(tmp_path: Path) -> None:
    assert read(tmp_path, "id,text\n007,a\n 7 ,b\n").columns["id"] == ["007", " 7 "]


def test_a_null_character_is_a_character(tmp_path: Path) -> None:
    for style in (CSV, FileFormat(quoting=False)):
        assert read(tmp_path, "id,text\n1,a\0b\n", style=style).columns["text"] == ["a\0b"]


def test_a_field_of_a_million_bytes_is_read(tmp_path: Path) -> None:
    long = "long " * 200_000
    assert read(tmp_path, f'id,text\n1,"{long}"\n').columns["text"] == [long]


def test_without_quoting_a_quotation_mark_is_a_character(tmp_path: Path) -> None:
    content = "id\ttext\n1\t\"\n2\t say ``\"hi'' , \n3\t\n"
    table = read(tmp_path, content, style=PLAIN_TSV)
    assert table.columns["text"] == ['"', " say ``\"hi'' , ", ""]


def test_only_the_wanted_columns_are_kept(tmp_path: Path) -> None:
    table = read(tmp_path, "id,other,text\n1,x,a\n")
    assert table.header == ("id", "other", "text")
    assert table.columns == {"id": ["1"], "text": ["a"]}


@pytest.mark.parametrize("content", ["", "\n", "\r\n\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str | bytes) -> None:
    assert complaints(tmp_path, content) == [
        "train.csv: a table begins with a header line, but the file is empty; replace it"
    ]


def test_a_header_alone_is_refused_where_rows_are_required(tmp_path: Path) -> None:
    assert complaints(tmp_path, "id,text\n") == [
        "train.csv: at least one row must follow the header, got none; replace it"
    ]
    assert len(read(tmp_path, "id,text\n", rows_required=False)) == 0


def test_missing_columns_are_named_all_at_once_with_the_nearest(tmp_path: Path) -> None:
    assert complaints(tmp_path, "idd,txt\n1,a\n") == [
        "train.csv: line 1: no column 'id' among 'idd', 'txt' (separator ','); did you mean 'idd'?",
        "train.csv: line 1: no column 'text' among 'idd', 'txt' (separator ','); "
        "did you mean 'txt'?",
    ]


def test_repeated_column_names_are_refused(tmp_path: Path) -> None:
    assert complaints(tmp_path, "id,text,text\n1,a,b\n") == [
        "train.csv: line 1: column names must differ, but 'text' stands more than once; rename one"
    ]


@pytest.mark.parametrize("style", [CSV, FileFormat(quoting=False)])
def test_rows_of_other_lengths_are_listed_by_line(tmp_path: Path, style: FileFormat) -> None:
    # pandas would shift the index on the first of these without a word.
    assert complaints(tmp_path, "id,text\n1,a\n2,b,c\n3\n\n4,d\n", style) == [
        "train.csv: every row must have 2 fields like the header, but line 3 has 3, line 4 has 1, "
        f"line 5 has {0 if style.quoting else 1}; quote fields that hold the separator or a line "
        "end, or remove the extra ones"
    ]


@pytest.mark.parametrize("ending", ["", "\n", "\n3,c\n"])
def test_a_quotation_mark_that_is_never_closed_is_found(tmp_path: Path, ending: str) -> None:
    (message,) = complaints(tmp_path, f'id,text\n1,a\n2,"b{ending}')
    assert message.startswith("train.csv: line 3: a quotation mark that opens a field must be")


def test_a_mark_inside_a_quoted_field_must_be_doubled(tmp_path: Path) -> None:
    # csv without `strict` would read: he said hi" to me
    assert complaints(tmp_path, 'id,text\n1,"he said "hi" to me"\n') == [
        "train.csv: line 2: a quotation mark that opens a field must be closed, and marks inside "
        "the field doubled; this row is still open or broken at line 2. Correct it, or write "
        "quoting = false under [format] in competition.toml if marks are ordinary characters"
    ]
    assert read(tmp_path, 'id,text\n1,"he said ""hi"" to me"\n').columns["text"] == [
        'he said "hi" to me'
    ]


# csv.writer with its default line end quotes every text that needs it.
@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT), min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_whatever_a_csv_writer_wrote_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("id", "text"), *rows])
    path = tmp_path_factory.mktemp("wild") / "wild.csv"
    path.write_bytes(text.getvalue().encode())
    table = read_table(path, CSV, ["id", "text"])
    assert list(zip(table.columns["id"], table.columns["text"], strict=True)) == rows


@given(st.lists(st.text("a\n", min_size=1, max_size=5), min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_each_row_begins_where_the_one_before_it_ended(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("lines") / "lines.csv"
    path.write_text("id,text\n" + "".join(f'1,"{text}"\n' for text in texts))
    begins = [2 + i + sum(t.count("\n") for t in texts[:i]) for i in range(len(texts))]
    assert read_table(path, CSV, ["text"]).lines.tolist() == begins


def test_a_hundred_and_fifty_thousand_rows_take_about_a_second(tmp_path: Path) -> None:
    rows = "".join(f"{i}\tsome words of a phrase\t{i % 5}\n" for i in range(156_060))
    start = time.process_time()
    table = read(tmp_path, f"id\ttext\ttarget\n{rows}", ("id", "text", "target"), PLAIN_TSV)
    assert len(table) == 156_060
    assert time.process_time() - start < 2


def test_a_broken_row_hides_no_faults_before_it(tmp_path: Path) -> None:
    first, second = complaints(tmp_path, 'id,text\n1\n2,"open\n')
    assert first.startswith("train.csv: every row must have 2 fields like the header, but line 2")
    assert second.startswith("train.csv: line 3: a quotation mark that opens a field")


def test_without_quoting_a_lone_carriage_return_ends_no_line(tmp_path: Path) -> None:
    table = read(tmp_path, "id\ttext\tlast\n1\ta\rb\tc\n", style=PLAIN_TSV)
    assert table.columns["text"] == ["a\rb"]


@pytest.mark.parametrize("style", [CSV, FileFormat(quoting=False)])
@pytest.mark.parametrize("ending", ["\n\n", "\r\n\r\n", "\n\r\r\n"])
def test_blank_lines_at_the_end_are_no_rows(tmp_path: Path, style: FileFormat, ending: str) -> None:
    assert read(tmp_path, f"id,text\n1,a{ending}", style=style).columns["text"] == ["a"]
    assert complaints(tmp_path, f"id,text{ending}1,a\n", style)[0].startswith(
        "train.csv: every row must have 2 fields like the header, but line 2 has"
    )


def test_a_quoted_blank_text_at_the_end_is_a_row(tmp_path: Path) -> None:
    assert read(tmp_path, 'text\na\n""\n', ("text",)).columns["text"] == ["a", ""]


def test_blank_lines_before_a_mark_that_is_never_closed_are_told_too(tmp_path: Path) -> None:
    lengths, mark = complaints(tmp_path, 'id,text\n1,a\n\n\n2,"b')
    assert lengths.startswith("train.csv: every row must have 2 fields like the header, but line 3")
    assert mark.startswith("train.csv: line 5: a quotation mark that opens a field must be closed")


@pytest.mark.parametrize("style", [CSV, PLAIN_TSV])
def test_blank_lines_are_held_back_by_their_numbers_alone(
    tmp_path: Path, style: FileFormat
) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(style.separator.join(["id", "text"]).encode() + b"\n" * 300_000)
    tracemalloc.start()
    table = read_table(path, style, ["id", "text"], rows_required=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(table) == 0
    assert peak < 6e6  # a row for each was 45 MB


def test_a_file_takes_no_more_memory_than_its_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foldwise.competition.files.CHUNK_BYTES", 4_096)
    text = "some words of a text that is neither short nor long as texts of reviews are " * 3
    path = tmp_path / "train.csv"
    path.write_text("id,text\n" + "".join(f"{i},{text}\n" for i in range(10_000)))
    tracemalloc.start()
    table = read_table(path, CSV, ["id", "text"])
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(table) == 10_000
    assert peak < 1.2 * held  # the file beside its cells would be nearly as much again
