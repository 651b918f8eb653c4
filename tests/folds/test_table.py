import re
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import DataError
from foldwise.folds.table import (
    FoldTable,
    check_folds,
    read_checked_folds,
    read_folds,
    write_folds,
)
from tests.folds.tiny_competition import make_rows, numbered_texts


def table_of(ids: list[str], folds: list[int], n: int = 2) -> FoldTable:
    return FoldTable(tuple(ids), np.array(folds, dtype=np.int64), n)


def test_the_file_does_not_depend_on_the_order_of_the_rows(tmp_path: Path) -> None:
    write_folds(tmp_path / "a.csv", table_of(["b", "007", "a"], [0, 1, 1]))
    write_folds(tmp_path / "b.csv", table_of(["a", "b", "007"], [1, 0, 1]))
    expected = b"id,fold\n007,1\na,1\nb,0\n"
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes() == expected


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=2))
def test_a_table_reads_back_as_it_was_whatever_the_ids(ids: set[str]) -> None:
    table = table_of(list(ids), [i % 2 for i in range(len(ids))])
    with TemporaryDirectory() as folder:
        write_folds(Path(folder) / "folds.csv", table)
        read = read_folds(Path(folder) / "folds.csv")
    assert (read.n, set(read.ids)) == (2, ids)
    assert read.fingerprint() == table.fingerprint()


def test_a_table_shared_by_others_may_have_a_mark_other_line_ends_and_blank_lines(
    tmp_path: Path,
) -> None:
    path = tmp_path / "folds.csv"
    path.write_bytes(b"\xef\xbb\xbfid,fold\r\nb,1\r\n\r\na,0\r\n")
    table = read_folds(path)
    assert (table.ids, table.folds.tolist(), table.n) == (("b", "a"), [1, 0], 2)


def test_fingerprints_differ_when_one_fold_does() -> None:
    one, other = table_of(["a", "b"], [0, 1]), table_of(["a", "b"], [1, 0])
    assert one.fingerprint() != other.fingerprint()


def test_folds_are_found_by_id() -> None:
    rows = make_rows(["x", "y", "z"])
    table = table_of(["r002", "r000", "other", "r001"], [2, 0, 2, 1], n=3)
    np.testing.assert_array_equal(table.for_rows(rows), [0, 1, 2])


def test_a_row_without_fold_is_refused() -> None:
    message = "1 training id has no fold: r001; the fold table was made from other data"
    with pytest.raises(DataError, match=message):
        table_of(["r000"], [0]).for_rows(make_rows(["x", "y"]))


def test_a_partition_passes() -> None:
    rows = make_rows(numbered_texts(4), groups=list("aabb"))
    check_folds(table_of([*rows.ids], [0, 0, 1, 1]), rows)


def test_everything_that_is_wrong_with_a_table_is_said_at_once() -> None:
    rows = make_rows(numbered_texts(5), groups=list("aabbc"))
    table = table_of(["r000", "r001", "r002", "r002", "x", "y"], [0, 1, 3, 3, 7, -1], n=5)
    with pytest.raises(DataError) as error:
        check_folds(table, rows)
    assert error.value.complaints == (
        "ids must be unique in a fold table, but r002 are repeated",
        "2 training ids have no fold: r003, r004; "
        "the fold table was made from other data, so make it again",
        "2 ids of the fold table are no training rows: x, y; "
        "the table was made from other data, so make it again",
        "folds must be numbered 0 to 4, got -1, 7",
        "no fold of 0 to 4 may be empty, but no row is in 2, 4",
        "1 group stands in several folds: a ('a' in folds 0, 1); "
        "rows of a group must share a fold, so make it again",
    )
    assert error.value.exit_code == 3


def test_a_file_is_read_and_checked_in_one_go_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "folds.csv"
    path.write_text('id,fold\nr000,0\nr000,1\n"a\nb",2\nr001,1.0\nr002,-1\nr003,0,9\n')
    rows = make_rows(numbered_texts(5))
    with pytest.raises(DataError) as error:
        read_checked_folds(path, rows)
    assert error.value.complaints == (
        f"{path}: line 3 repeats id 'r000' of line 2",
        f"{path}: line 6 must be an id and a fold number, got ['r001', '1.0']",
        f"{path}: line 7 must be an id and a fold number, got ['r002', '-1']",
        f"{path}: line 8 must be an id and a fold number, got ['r003', '0', '9']",
        f"{path}: 1 training id has no fold: r004; "
        "the fold table was made from other data, so make it again",
        f"{path}: 1 id of the fold table is no training row: a\nb; "
        "the table was made from other data, so make it again",
        f"{path}: no fold of 0 to 2 may be empty, but no row is in 1",
    )


def test_one_fold_is_no_partition(tmp_path: Path) -> None:
    path = tmp_path / "folds.csv"
    path.write_text("id,fold\nr000,0\nr001,0\n")
    with pytest.raises(DataError, match="a fold table needs at least 2 folds, got 1"):
        read_checked_folds(path, make_rows(["x", "y"]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1 must be id,fold, got ''"),
        (b"a,0\nb,1\n", "line 1 must be id,fold, got 'a,0'"),
        (b"id,fold\n\xe9,0\n", "is no CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_fold_table_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "folds.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(message)):
        read_folds(path)


def test_a_table_that_is_absent_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="make it with: foldwise folds samr"):
        read_folds(tmp_path / "samr.csv")
