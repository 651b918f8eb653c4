from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import DataError
from foldwise.predictions import plain_csv
from foldwise.predictions.plain_csv import ENOUGH_BYTES, read_plain
from foldwise.predictions.table import (
    Predictions,
    parse_predictions,
    read_predictions,
    write_predictions,
)

CELLS = [
    "",
    " 1",
    "1 ",
    *[
        "0.5",
        "-0.0",
        "1",
        "+1",
        "1_0",
        "1.",
        "-.5",
        ".",
        "-",
        "1e",
        "1e5",
        "1E-5",
        "1e999",
        "1e-999",
        "inf",
        "nan",
        "NaN",
        "True",
        "False",
    ],
    *[
        "0x10",
        "1f",
        "--1",
        "1d5",
        "\N{FULLWIDTH DIGIT ONE}",
        "5e-324",
        "0.1000000000000000055511151231257827",
        "12345678901234567890",
    ],
]


def by_line(data: bytes) -> Predictions | None:
    """What the csv module and Python's float make of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_csv, "ENOUGH_BYTES", len(data) + 1)
        return parsed(data)


def by_pandas(data: bytes) -> Predictions | None:
    """The same with the quick way first, however small the table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_csv, "ENOUGH_BYTES", 0)
        return parsed(data)


def parsed(data: bytes) -> Predictions | None:
    try:
        return parse_predictions(data, Path("oof.csv"))
    except DataError:
        return None


def same(first: Predictions | None, second: Predictions | None) -> bool:
    if first is None or second is None:
        return first is second
    folds = [None if table.folds is None else table.folds.tolist() for table in (first, second)]
    return (
        (first.ids, first.outputs) == (second.ids, second.outputs)
        and first.values.tobytes() == second.values.tobytes()
        and folds[0] == folds[1]
    )


def test_a_large_table_reads_back_to_the_last_bit(tmp_path: Path) -> None:
    # any bits that are a finite number, not only those of round ones
    random = np.random.default_rng(0)
    bits = random.integers(-(2**63), 2**63 - 1, size=60_000, dtype=np.int64)
    finite = bits.view(np.float64)[np.isfinite(bits.view(np.float64))]
    values = finite[: len(finite) // 2 * 2].reshape(-1, 2)
    ids = tuple(f"{i:07d}" for i in range(len(values)))
    written = Predictions(ids, ("x", "y"), values, np.arange(len(values)) % 5)
    write_predictions(tmp_path / "oof.csv", written)
    data = (tmp_path / "oof.csv").read_bytes()
    assert len(data) >= ENOUGH_BYTES
    assert read_plain(data) is not None
    assert same(read_predictions(tmp_path / "oof.csv"), written)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("lines", ["a,0,{}\n", "a,0,{}\nb,1,0.5\n", "a,0,0.5\nb,1,{}\n"])
@pytest.mark.parametrize("header", ["id,fold,x\n", "id,other,x\n"])
def test_both_ways_read_a_cell_alike_or_refuse_it_alike(cell: str, lines: str, header: str) -> None:
    data = (header + lines.format(cell)).encode()
    assert same(by_pandas(data), by_line(data))


@pytest.mark.parametrize("cell", [*CELLS, "2", "-3", "99999999999999999999"])
def test_both_ways_read_a_fold_alike_or_refuse_it_alike(cell: str) -> None:
    data = f"id,fold,x\na,{cell},1\nb,0,2\n".encode()
    assert same(by_pandas(data), by_line(data))


@given(
    table=st.lists(
        st.lists(st.sampled_from(["a", "b", "07", "NA", "1", "0.5", "", "é", "\0", '"', " "])),
        max_size=5,
    ),
    header=st.sampled_from(["id,x", "id,fold,x", "id,x,y", "id", "fold,x", "\ufeffid,x"]),
    end=st.sampled_from(["", "\n", "\n\n", "\r\n"]),
)
def test_both_ways_read_a_table_alike_or_refuse_it_alike(
    table: list[list[str]], header: str, end: str
) -> None:
    data = ("\n".join([header, *map(",".join, table)]) + end).encode()
    assert same(by_pandas(data), by_line(data))


def test_lines_that_are_too_short_and_too_long_do_not_make_up_for_each_other() -> None:
    # pandas fills the one up, and drops the end of the other
    data = b"id,x,y\na,1\nb,1,2,3\n"
    assert by_pandas(data) is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_csv, "ENOUGH_BYTES", 0)
        assert read_plain(data) is None


def test_the_quick_way_is_taken_for_what_runs_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_csv, "ENOUGH_BYTES", 0)
    found = read_plain(b"\xef\xbb\xbfid,fold,p_a,p_b\n007,1,0.25,0.75\nNA,0,1,0\n")
    assert found is not None
    assert (found.ids, found.outputs) == (("007", "NA"), ("p_a", "p_b"))
    assert found.values.tolist() == [[0.25, 0.75], [1.0, 0.0]]
    assert found.folds is not None
    assert found.folds.tolist() == [1, 0]


def test_a_large_wrong_table_is_refused_with_its_line(tmp_path: Path) -> None:
    lines = [f"{i},0.12345678901234567\n" for i in range(60_000)]
    lines[30_000] = "30000,wrong\n"
    (tmp_path / "test.csv").write_text("id,x\n" + "".join(lines))
    with pytest.raises(DataError, match="line 30002: expected id,x, got 30000,wrong"):
        read_predictions(tmp_path / "test.csv")
