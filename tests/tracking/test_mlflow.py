"""MLflow's store, asked through MLflow itself."""

from pathlib import Path
from typing import Any

import pytest

from foldwise.tracking.mlflow import MLflow
from foldwise.tracking.record import run_record
from tests.tiny_competitions import tiny_regression
from tests.tiny_tfidf import train_tfidf
from tests.tracking.journaled_runs import begin, look

mlflow: Any = pytest.importorskip("mlflow")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for all tests: to make its tables takes seconds."""
    return tmp_path_factory.mktemp("store") / "mlruns.db"


def history(database: Path, experiment: str, curve: str) -> tuple[Any, list[tuple[int, float]]]:
    """The one run of an experiment, and steps and values of one of its curves."""
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{database}")
    found = client.get_experiment_by_name(experiment)
    (run,) = client.search_runs([found.experiment_id])
    points = client.get_metric_history(run.info.run_id, curve)
    return run, sorted((point.step, point.value) for point in points)


def test_a_resumed_run_goes_on_in_the_same_one_without_double_points(
    tmp_path: Path, database: Path
) -> None:
    run = begin(tmp_path / "run")
    look(run, 0, 4, 0.5)
    first = MLflow(database, "resumed")
    first.update(run_record(run))
    look(run, 0, 8, 0.4)
    first.close(run_record(run))
    found, _ = history(database, "resumed", "fold-0/validation_score")
    assert found.info.status == "KILLED"
    look(run, 0, 8, 0.4)  # made again
    look(run, 0, 12, 0.3)
    MLflow(database, "resumed").close(run_record(run))
    found, points = history(database, "resumed", "fold-0/validation_score")
    assert points == [(4, 0.5), (8, 0.4), (12, 0.3)]
    assert history(database, "resumed", "fold-0/rate/layer_0")[1] == [(s, 1e-4) for s in (4, 8, 12)]
    assert found.info.run_name == "run"
    assert found.data.params["rates.top"] == "0.0002"


def test_a_finished_run_has_its_scores_once(tmp_path: Path, database: Path) -> None:
    folder = train_tfidf(tiny_regression(tmp_path), "words").folder
    record = run_record(folder)
    for _ in range(2):
        MLflow(database, "finished").close(record)
    found, points = history(database, "finished", "rmse")
    assert points == [(0, record.scores["rmse"])]
    assert found.data.metrics == pytest.approx(dict(record.scores))
    assert found.info.status == "FINISHED"
