import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.competition.sources.tables import Table, csv_bytes
from foldwise.errors import DataError

ENTRIES = st.text(alphabet=st.characters(exclude_categories=["Cs"]))

TABLE = Table(("id", "text"), (("1", "one"), ("2", "two")))


@given(st.lists(st.tuples(ENTRIES, ENTRIES)))
def test_any_text_survives_the_csv(rows: list[tuple[str, str]]) -> None:
    data = csv_bytes(Table(("id", "text"), tuple(rows)))
    read = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    assert [tuple(row) for row in read] == [("id", "text"), *rows]


def test_quotes_stand_only_where_they_are_needed() -> None:
    rows = (("1", "plain"), ("2", 'a "b", c'), ("3", "two\nlines"), ("4", "lone\rreturn"))
    expected = b'id,text\n1,plain\n2,"a ""b"", c"\n3,"two\nlines"\n4,"lone\rreturn"\n'
    assert csv_bytes(Table(("id", "text"), rows)) == expected


def test_columns_are_chosen_by_name_and_rows_by_flag() -> None:
    assert TABLE.select(("text", "id")).rows == (("one", "1"), ("two", "2"))
    assert TABLE.where([False, True]).rows == (("2", "two"),)
    assert TABLE.column("text") == ("one", "two")


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"no column 'texts'; did you mean 'text'\?"):
        TABLE.column("texts")


def test_a_flag_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        TABLE.where([True])
