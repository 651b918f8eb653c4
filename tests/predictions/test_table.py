import csv
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from foldwise.errors import DataError
from foldwise.predictions.table import (
    Predictions,
    mean_of,
    read_predictions,
    write_predictions,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def table(ids: str, *values: float, folds: list[int] | None = None) -> Predictions:
    """One-letter ids, one output."""
    return Predictions(
        tuple(ids),
        ("target",),
        np.array(values, dtype=np.float64).reshape(-1, 1),
        None if folds is None else np.array(folds, dtype=np.int64),
    )


@st.composite
def predictions(draw: st.DrawFn) -> Predictions:
    ids = draw(st.lists(st.text(), unique=True, max_size=8))
    outputs = draw(st.lists(st.text(), min_size=1, max_size=4, unique=True))
    if outputs[0] == "fold":
        outputs[0] = "other fold"
    numbers = draw(
        st.lists(FINITE, min_size=len(ids) * len(outputs), max_size=len(ids) * len(outputs))
    )
    values = np.array(numbers, dtype=np.float64).reshape(len(ids), len(outputs))
    folds = draw(st.none() | st.lists(st.integers(0, 99), min_size=len(ids), max_size=len(ids)))
    return Predictions(
        tuple(ids), tuple(outputs), values, None if folds is None else np.array(folds, np.int64)
    )


@given(written=predictions())
def test_a_table_reads_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, written: Predictions
) -> None:
    path = tmp_path_factory.getbasetemp() / "oof.csv"
    write_predictions(path, written)
    read = read_predictions(path)
    assert (read.ids, read.outputs) == (written.ids, written.outputs)
    assert read.values.tobytes() == written.values.tobytes()
    assert (read.folds is None) == (written.folds is None)
    np.testing.assert_array_equal(_folds(read), _folds(written))


def _folds(table: Predictions) -> NDArray[np.int64]:
    return np.empty(0, np.int64) if table.folds is None else table.folds


def test_the_file_is_plain_csv(tmp_path: Path) -> None:
    write_predictions(tmp_path / "oof.csv", table("ab", 0.1, -2, folds=[1, 0]))
    assert (tmp_path / "oof.csv").read_bytes() == b"id,fold,target\na,1,0.1\nb,0,-2.0\n"
    write_predictions(tmp_path / "test.csv", table("ab", 0.1, -2))
    assert (tmp_path / "test.csv").read_bytes() == b"id,target\na,0.1\nb,-2.0\n"


def test_lines_are_not_in_memory_together(tmp_path: Path) -> None:
    rows, path = 4_000, tmp_path / "test.csv"
    values = np.random.default_rng(0).normal(size=(rows, 5))
    written = Predictions(tuple(f"r{i}" for i in range(rows)), tuple("abcde"), values)
    tracemalloc.start()
    write_predictions(path, written)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5 * path.stat().st_size  # as strings its cells would be five times as much


def test_any_csv_reader_sees_ids_with_commas_quotes_and_line_ends(tmp_path: Path) -> None:
    ids = ("a,b", 'say "hi"', "two\nlines", "lone\rreturn", "  space ")
    write_predictions(tmp_path / "test.csv", Predictions(ids, ("target",), np.zeros((len(ids), 1))))
    with (tmp_path / "test.csv").open(encoding="utf-8", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["id", *ids]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: the first column must be id, got \[\]"),
        ("fold,target\n", r"line 1: the first column must be id, got \['fold'\]"),
        ("id\na\n", "outputs must be some"),
        ("id,fold\na,1\n", "outputs must be some"),
        ("id,target\na\n", "line 2: expected id,target, got a"),
        ("id,target\na,1,2\n", "line 2: expected id,target, got a,1,2"),
        # numpy would spread the only number over all three outputs
        ("id,x,y,z\na,1\n", "line 2: expected id,x,y,z, got a,1"),
        ("id,target\na,\n", "line 2: expected id,target, got a,"),
        ("id,target\na,one\n", "line 2: expected id,target, got a,one"),
        ("id,fold,target\na,1.5,2\n", "line 2: expected id,fold,target, got a,1.5,2"),
        ("id,fold,target\na,,2\n", "line 2: expected id,fold,target, got a,,2"),
        ('id,target\n"a\nb",1\nc\n', "line 4: expected id,target, got c"),
        ("id,target\na,1\n\nb,2\n", "line 3: expected id,target, got "),
        ("id,target\na,nan\nb,1\nc,inf\n", "must be finite, but those of a, c are not"),
        ("id,target\na,1\na,2\n", "ids must be unique, but a are repeated"),
        ("id,x,x\na,1,2\n", "outputs must be unique, but x are repeated"),
        ('id,target\n"a,1\n', "is no CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "test.csv").write_text(text, newline="")
    with pytest.raises(DataError, match=message) as caught:
        read_predictions(tmp_path / "test.csv")
    assert all(str(tmp_path / "test.csv") in complaint for complaint in caught.value.complaints)


def test_all_wrong_lines_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("id,target\na,x\nb,1\nc,y\n")
    with pytest.raises(DataError) as caught:
        read_predictions(tmp_path / "test.csv")
    assert len(caught.value.complaints) == 2


def test_latin_1_and_a_missing_file_are_data_errors(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_bytes("id,target\né,1\n".encode("latin-1"))
    with pytest.raises(DataError, match="is no CSV in UTF-8"):
        read_predictions(tmp_path / "test.csv")
    with pytest.raises(DataError, match="does not exist; finish the run that writes it"):
        read_predictions(tmp_path / "oof.csv")


def test_a_byte_order_mark_and_crlf_are_read_over(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_bytes(b"\xef\xbb\xbfid,target\r\n007,1\r\n")
    read = read_predictions(tmp_path / "test.csv")
    assert (read.ids, read.values.tolist()) == (("007",), [[1.0]])


def test_a_first_output_called_fold_is_refused() -> None:
    # the file would read back as an out-of-fold table
    with pytest.raises(DataError, match="the first not 'fold'"):
        Predictions(("a",), ("fold", "x"), np.zeros((1, 2)))


def test_values_of_another_shape_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match=r"must be \(ids, outputs\) = \(2, 1\), got \(1, 2\)"):
        Predictions(("a", "b"), ("x",), np.zeros((1, 2)))


@given(order=st.permutations("abcdef"))
def test_alignment_undoes_any_order(order: list[str]) -> None:
    own = table("abcdef", *range(6), folds=list(range(6)))
    aligned = own.aligned_to(order, "the rows").aligned_to("abcdef", "the rows")
    assert aligned.ids == own.ids
    np.testing.assert_array_equal(aligned.values, own.values)
    np.testing.assert_array_equal(_folds(aligned), _folds(own))


def test_missing_and_extra_ids_are_refused_together() -> None:
    with pytest.raises(DataError) as caught:
        table("abx", 1, 2, 3).aligned_to(["a", "b", "c", "d"], "the training rows")
    assert caught.value.complaints == (
        "2 ids of the training rows have no prediction: c, d",
        "1 predicted id is not in the training rows: x",
    )


def test_the_mean_is_by_id_and_in_the_order_of_the_first() -> None:
    mean = mean_of([table("ab", 1, 2, folds=[0, 1]), table("ba", 20, 10, folds=[1, 0])])
    assert mean.ids == ("a", "b")
    assert mean.values.tolist() == [[5.5], [11.0]]
    assert _folds(mean).tolist() == [0, 1]


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=6))
def test_the_mean_is_numpys(columns: list[list[float]]) -> None:
    mean = mean_of([table("abc", *column) for column in columns])
    np.testing.assert_allclose(mean.values[:, 0], np.mean(columns, axis=0), rtol=1e-12, atol=1e-9)


def test_tables_of_other_folds_are_not_blended() -> None:
    first = table("ab", 1, 2, folds=[0, 1])
    with pytest.raises(DataError, match="folds differ: OOF predictions of different folds cannot"):
        mean_of([first, table("ab", 1, 2, folds=[1, 0])])
    with pytest.raises(DataError, match="folds differ"):
        mean_of([first, table("ab", 1, 2)])


def test_tables_of_other_outputs_or_ids_are_not_blended() -> None:
    other = Predictions(("a", "b"), ("p_x",), np.zeros((2, 1)))
    with pytest.raises(DataError, match="outputs differ: target and p_x"):
        mean_of([table("ab", 1, 2), other])
    with pytest.raises(DataError, match="1 id of the first table has no prediction: b"):
        mean_of([table("ab", 1, 2), table("a", 1)])


def test_tables_without_rows_have_a_mean_without_rows() -> None:
    empty = Predictions((), ("x", "y"), np.empty((0, 2)))
    assert mean_of([empty, empty]).values.shape == (0, 2)


@pytest.mark.parametrize("has_folds", [True, False])
def test_a_plain_file_reads_as_it_does_line_by_line(has_folds: bool, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    ids = tuple(f" {i:04d}_x" for i in range(300))
    values = random.normal(size=(300, 3)) * 10.0 ** random.integers(-300, 300, (300, 1))
    folds = random.integers(0, 5, 300) if has_folds else None
    written = Predictions(ids, ("a", "b", "c"), values, folds)
    plain, quoted = tmp_path / "plain.csv", tmp_path / "quoted.csv"
    write_predictions(plain, written)
    # one quoted id, and the file is read line by line
    text = plain.read_text()
    quoted.write_text(text.replace("\n 0000_x,", '\n" 0000_x",'))
    assert quoted.read_text() != text
    for found in (read_predictions(plain), read_predictions(quoted)):
        assert (found.ids, found.outputs) == (ids, written.outputs)
        np.testing.assert_array_equal(found.values, values)
        np.testing.assert_array_equal(found.folds, folds)
        assert found.folds is None or found.folds.dtype == np.int64
