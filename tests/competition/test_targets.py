"""Targets are finite numbers or known labels; noise is 0 or more."""

from pathlib import Path

import numpy as np
import pytest

from foldwise.competition.reading import RawTable
from foldwise.competition.targets import (
    absent_labels,
    constant_targets,
    label_indices,
    noise_of,
    target_numbers,
)
from foldwise.errors import Complaints, DataError


def table_of(*cells: str) -> RawTable:
    lines = np.arange(2, len(cells) + 2)
    return RawTable(Path("train.csv"), ("y",), {"y": list(cells)}, lines)


def raised(complaints: Complaints) -> tuple[str, ...]:
    with pytest.raises(DataError) as caught:
        complaints.raise_if_any(DataError)
    return caught.value.complaints


def test_numbers_are_read_exactly() -> None:
    complaints = Complaints()
    cells = ("0.1", "-3.676267773", "1e-300", " 2 ")
    numbers = target_numbers(table_of(*cells), ["y", "y"], complaints)
    assert numbers.tolist() == [[float(cell)] * 2 for cell in cells]
    assert not complaints


@pytest.mark.parametrize("cell", ["nan", "inf", "-Infinity", "1e999"])
def test_what_is_not_finite_is_refused(cell: str) -> None:
    complaints = Complaints()
    target_numbers(table_of("1", cell), ["y"], complaints)
    assert raised(complaints) == (
        f"train.csv: 'y' must be finite, got {cell!r} (line 3); correct or drop these rows",
    )


def test_targets_that_are_all_constant_are_refused_unless_a_row_stands_alone() -> None:
    equal, single = table_of("0.5", "0.50", "5e-1"), table_of("0.5")
    (complaint,) = constant_targets(equal, ["y"], target_numbers(equal, ["y"], Complaints()))
    assert complaint == (
        "train.csv: a target needs at least two values, but 'y' is 0.5 in all 3 rows, so that "
        "there is nothing to learn; correct `target` in competition.toml, or the file"
    )
    assert not constant_targets(single, ["y"], target_numbers(single, ["y"], Complaints()))


def test_one_constant_target_beside_another_is_allowed() -> None:
    table = RawTable(Path("t"), ("y", "z"), {"y": ["1", "1"], "z": ["1", "2"]}, np.arange(2, 4))
    assert not constant_targets(table, ["y", "z"], target_numbers(table, ["y", "z"], Complaints()))


def test_values_that_are_no_numbers_are_not_also_called_constant() -> None:
    table = table_of("nan", "nan")
    assert not constant_targets(table, ["y"], target_numbers(table, ["y"], Complaints()))


def test_no_noise_is_allowed_and_negative_noise_refused() -> None:
    complaints = Complaints()
    assert noise_of(table_of("0", "0.5"), "y", complaints).tolist() == [0.0, 0.5]
    assert not complaints
    noise_of(table_of("0", "-0.5"), "y", complaints)
    assert raised(complaints) == (
        "train.csv: a standard deviation is 0 or more, but 'y' is '-0.5' (line 3); correct these "
        "rows",
    )


def test_a_label_is_its_position() -> None:
    complaints = Complaints()
    indices = label_indices(table_of("b", "a", "b"), "y", ["a", "b"], complaints)
    assert indices.tolist() == [[1.0], [0.0], [1.0]]
    assert not complaints


def test_labels_are_compared_as_written() -> None:
    complaints = Complaints()
    label_indices(table_of("1", "1.0"), "y", ["1", "2"], complaints)
    (message,) = raised(complaints)
    assert "got '1.0' (known: 1, 2) on line 3" in message


def test_labels_without_rows_are_named() -> None:
    assert absent_labels(table_of("a"), "y", ["a"]) == []
    assert absent_labels(table_of("a"), "y", ["a", "b"]) == [
        "train.csv: every label needs training rows, but none has 'b' in 'y'; correct `labels` in "
        "competition.toml"
    ]
