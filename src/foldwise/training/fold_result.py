"""What a finished fold leaves behind, and whether it is still as it was written."""

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from foldwise.errors import StorageError
from foldwise.predictions.table import Predictions, read_predictions, write_predictions
from foldwise.storage import read_record, sha256_of_file, write_json

RESULT = "result.json"
VALID, TEST, IN_SAMPLE = "valid.csv", "test.csv", "in-sample.csv"
TEST_SECONDS = "test_seconds_per_1000"  # among the facts of a fold that predicted test rows


def speed_of_test(seconds: float, rows: int) -> dict[str, float]:
    """The fact of how long a fold's model took to predict a thousand test rows, in seconds."""
    return {TEST_SECONDS: round(1000 * seconds / rows, 4)} if rows else {}


@dataclass(frozen=True)
class FoldResult:
    """The facts about one finished fold.

    Attributes:
        score: of the validation rows, in the competition's metric; honest where the evaluation
            that predicts a row was chosen by others.
        rows: of the validation fold.
        training_rows: the model learned from.
        looks: among how many evaluations of a row what predicts it was chosen by it; 0: no choice.
        facts: more numbers by name, such as the step kept and the tokens a second.
        files: SHA-256 by file name; what a run folder is checked against.
        identity: of the run it belongs to; a fold of another run is refused.
    """

    fold: int
    score: float
    rows: int
    training_rows: int
    looks: int
    seconds: float
    facts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    identity: str = ""


@dataclass(frozen=True, eq=False)
class FoldOutcome:
    """A fold's result with its predictions.

    Attributes:
        valid: of the validation rows, as they are scored.
        test: of the test rows.
        in_sample: of the validation rows, by the weights that they chose, which predict the test
            rows too; None where they chose nothing, or `valid` is that.
    """

    result: FoldResult
    valid: Predictions
    test: Predictions
    in_sample: Predictions | None = None

    def tables(self) -> dict[str, Predictions]:
        """The predictions by the name of their file."""
        found = {VALID: self.valid, TEST: self.test, IN_SAMPLE: self.in_sample}
        return {name: table for name, table in found.items() if table is not None}


def write_outcome(folder: Path, outcome: FoldOutcome, model_files: list[str]) -> FoldResult:
    """Write predictions, then `result.json` last: a fold with a result is a finished fold."""
    for name, table in outcome.tables().items():
        write_predictions(folder / name, table)
    names = [*outcome.tables(), *model_files]
    files = {name: sha256_of_file(folder / name) for name in names}
    result = FoldResult(**{**asdict(outcome.result), "files": files})
    if not math.isfinite(result.score):
        raise ValueError(f"the score of fold {result.fold} is {result.score}; it is never reported")
    write_json(folder / RESULT, asdict(result))
    return result


def finished_outcome(folder: Path) -> FoldOutcome | None:
    """The outcome in `folder`; None if the fold has not finished.

    Raises:
        StorageError: a file is missing or is not what the fold wrote; names it.
    """
    if not (folder / RESULT).is_file():
        return None
    result = read_result(folder)
    names = [VALID, TEST, *([IN_SAMPLE] if IN_SAMPLE in result.files else [])]
    tables = [read_predictions(check_file(folder, name, result)) for name in names]
    return FoldOutcome(result, *tables)


def read_result(folder: Path) -> FoldResult:
    """The result of the finished fold in `folder`.

    Raises:
        StorageError: it is missing or damaged.
    """
    path = folder / RESULT
    if not path.is_file():
        raise StorageError(f"{path}, of a finished run, is missing; {train_again(folder)}")
    return read_record(path, FoldResult)


def train_again(folder: Path) -> str:
    """What to do about the fold in `folder`: whoever reads it need not be the one who trains."""
    return (
        f"delete {folder} and run the command that trained {folder.parent.name} again: it trains "
        f"what is missing"
    )


def check_file(folder: Path, name: str, result: FoldResult) -> Path:
    """The path of one of a finished fold's files.

    Raises:
        StorageError: it is missing, or is not what the fold wrote.
    """
    path = folder / name
    if not path.is_file() or sha256_of_file(path) != result.files.get(name):
        raise StorageError(
            f"{path} is missing or differs from what the fold wrote (SHA-256 in {RESULT}); "
            f"{train_again(folder)}"
        )
    return path
