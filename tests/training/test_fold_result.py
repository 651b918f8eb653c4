from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foldwise.errors import StorageError
from foldwise.predictions.table import Predictions
from foldwise.training.fold_result import (
    TEST_SECONDS,
    FoldOutcome,
    FoldResult,
    check_file,
    finished_outcome,
    speed_of_test,
    write_outcome,
)

OUTCOME = FoldOutcome(
    FoldResult(fold=1, score=0.5, rows=2, training_rows=4, looks=3, seconds=0.1, facts={"a": 1}),
    valid=Predictions(("a", "b"), ("target",), np.array([[0.1], [0.2]])),
    test=Predictions(("x",), ("target",), np.array([[0.3]])),
)


@pytest.fixture
def fold(tmp_path: Path) -> Path:
    (tmp_path / "model.bin").write_bytes(b"weights")
    write_outcome(tmp_path, OUTCOME, ["model.bin"])
    return tmp_path


def test_a_finished_fold_reads_back(fold: Path) -> None:
    found = finished_outcome(fold)
    assert found is not None
    assert replace(found.result, files={}) == OUTCOME.result
    assert found.valid.ids == ("a", "b")
    assert found.test.values.tolist() == [[0.3]]


def test_a_fold_without_a_result_has_not_finished(fold: Path) -> None:
    (fold / "result.json").unlink()
    assert finished_outcome(fold) is None


@pytest.mark.parametrize("name", ["valid.csv", "test.csv"])
@pytest.mark.parametrize("data", [None, b"", b"id,target\na,0.1\n"])
def test_predictions_that_are_not_as_written_are_named(
    fold: Path, name: str, data: bytes | None
) -> None:
    path = fold / name
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(StorageError) as caught:
        finished_outcome(fold)
    assert str(caught.value) == (
        f"{path} is missing or differs from what the fold wrote (SHA-256 in result.json); "
        f"delete {fold} and run the command that trained {fold.parent.name} again: it trains what "
        f"is missing"
    )


def test_model_files_are_checked_when_they_are_used(fold: Path) -> None:
    found = finished_outcome(fold)
    assert found is not None
    assert check_file(fold, "model.bin", found.result) == fold / "model.bin"
    (fold / "model.bin").write_bytes(b"Weights")
    with pytest.raises(StorageError, match=r"model\.bin is missing or differs"):
        check_file(fold, "model.bin", found.result)


def test_a_file_the_fold_did_not_write_is_never_used(fold: Path) -> None:
    found = finished_outcome(fold)
    assert found is not None
    (fold / "other.bin").write_bytes(b"weights")
    with pytest.raises(StorageError, match=r"other\.bin"):
        check_file(fold, "other.bin", found.result)


def test_a_damaged_result_is_a_storage_error(fold: Path) -> None:
    (fold / "result.json").write_text('{"fold": 1')
    with pytest.raises(StorageError, match=r"result\.json is damaged"):
        finished_outcome(fold)


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_never_reported(tmp_path: Path, score: float) -> None:
    outcome = replace(OUTCOME, result=replace(OUTCOME.result, score=score))
    with pytest.raises(ValueError, match="it is never reported"):
        write_outcome(tmp_path, outcome, [])
    assert finished_outcome(tmp_path) is None


def test_the_speed_on_test_rows_is_of_a_thousand_and_unknown_of_none() -> None:
    assert speed_of_test(0.5, 250) == {TEST_SECONDS: 2.0}
    assert speed_of_test(0.5, 0) == {}
