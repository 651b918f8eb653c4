"""The picture is drawn of whatever was predicted."""

from pathlib import Path

import numpy as np
import pytest

from foldwise.kaggle.session.picture import draw_predictions
from foldwise.kaggle.session.session import Session
from foldwise.paths import Project
from foldwise.predictions.table import Predictions, write_predictions
from tests.kaggle.sessions import begun

PNG = b"\x89PNG"


@pytest.fixture
def session(words_built: Path, project: Project, tmp_path: Path) -> Session:
    return begun(words_built, tmp_path / "kaggle", project.competition("tiny-regression"))


def table(values: list[float]) -> Predictions:
    ids = tuple(f"r{i}" for i in range(len(values)))
    return Predictions(ids, ("target",), np.array(values)[:, None])


@pytest.mark.parametrize(
    "values",
    [
        [0.1, 0.5, 0.9],
        [0.3, 0.3, 0.3],
        [1.0, 1.0, float(np.nextafter(1.0, 2.0))],  # numpy: too many bins for data range
        [1e12, 1e12, float(np.nextafter(1e12, 2e12))],
        [0.5],
    ],
)
def test_flat_predictions_are_drawn_as_well(session: Session, values: list[float]) -> None:
    oof = table(values)
    folds = np.zeros(len(values), dtype=np.int64)
    write_predictions(
        session.folder / "runs" / "words" / "oof.csv",
        Predictions(oof.ids, oof.outputs, oof.values, folds),
    )
    assert draw_predictions(session, table(values)).read_bytes().startswith(PNG)


def test_no_test_rows_are_no_reason_to_fail(session: Session) -> None:
    none = Predictions((), ("target",), np.empty((0, 1)))
    assert draw_predictions(session, none).read_bytes().startswith(PNG)
