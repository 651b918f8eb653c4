import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.competition.competition import FileFormat
from foldwise.competition.sources.contents import Contents, read_contents
from foldwise.errors import DataError

COMMA = FileFormat()
TAB = FileFormat(separator="\t", quoting=False)
CELL = st.text(alphabet='a"\n,\r é', max_size=6)


def contents(path: Path, data: bytes, how: FileFormat = COMMA) -> Contents:
    path.write_bytes(data)
    return read_contents(path, how)


@given(st.lists(st.tuples(st.just("id"), CELL), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_as_many_rows_as_the_csv_module_reads(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], end: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text"), *rows])
    path = tmp_path_factory.mktemp("contents") / "train.csv"
    assert contents(path, text.getvalue().encode()) == Contents(("id", "text"), len(rows))


def test_a_quote_is_a_character_where_quoting_is_off(tmp_path: Path) -> None:
    data = b'PhraseId\tPhrase\n1\t"an open quote\n2\ttwo\n'
    assert contents(tmp_path / "t.tsv", data, TAB) == Contents(("PhraseId", "Phrase"), 2)


def test_blank_lines_and_a_missing_last_newline_do_not_count(tmp_path: Path) -> None:
    assert contents(tmp_path / "t.csv", b"id,text\r\n\r\n1,one\r\n  \r\n2,two").rows == 2


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert contents(tmp_path / "t.csv", b"\xef\xbb\xbfid,t\xc3\xa9\n").columns == ("id", "té")


def test_a_packed_file_is_read_in_place(tmp_path: Path) -> None:
    path = tmp_path / "train.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", "id,text\n1,one\n")
    assert read_contents(path, COMMA) == Contents(("id", "text"), 1)


@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DataError, match=r"t\.csv must begin with a line of column names"):
        contents(tmp_path / "t.csv", data)
