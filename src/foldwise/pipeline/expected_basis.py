"""What a run's expected scores are made from besides its scores, kept in its folder.

Measuring it reads the test predictions of every fold, of every member too: seconds a run, and
minutes for a table of all runs. It is measured once for the predictions that the scores belong to.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from foldwise.errors import StorageError
from foldwise.storage import read_record, write_json
from foldwise.training.run_scores import RunScores

FILE = "expected.json"
VERSION = 2  # raised whenever gains are measured in another way


@dataclass(frozen=True)
class Basis:
    """What was measured.

    Attributes:
        files: SHA-256 of the run's tables that it was measured for; see `RunScores.files`.
        test_rows: how many the run predicts.
        draws: how many rows, or groups where rows come in groups, the scores are of.
        gains: by metric, what averaging the folds' models gains; None: unknown.
    """

    files: dict[str, str]
    test_rows: int
    draws: int
    gains: dict[str, float | None]
    version: int = VERSION


def kept_basis(run: Path, scores: RunScores) -> Basis | None:
    """What was measured before; None if nothing was, or for other predictions or metrics."""
    if not (run / FILE).is_file():
        return None
    with suppress(StorageError):  # a damaged file is measured again
        basis = read_record(run / FILE, Basis)
        of_these = basis.files == scores.files and basis.version == VERSION
        if of_these and basis.gains.keys() >= scores.scores.keys():
            return basis
    return None


def keep_basis(run: Path, basis: Basis) -> None:
    """Keep it for the next time; where nothing can be written it is measured again."""
    with suppress(OSError, StorageError):
        write_json(run / FILE, asdict(basis))
