"""MLflow: a store in an SQLite file.

https://mlflow.org/docs/latest/ml/tracking

MLflow 3 keeps folders of files for old projects only, and a server is for a machine with network.
"""

from pathlib import Path
from typing import Any

from foldwise.tracking.record import Point, RunRecord
from foldwise.tracking.tracker import as_text, imported

KEY = "foldwise.key"  # the tag by which a run is found again
MOST_AT_ONCE = 1000  # metrics of one request, as the store wants it
LONGEST_VALUE = 6000  # characters of a parameter


class MLflow:
    """One MLflow run a run, in the experiment that is called as the project's folder.

    What the store has is asked of it, so that a resumed run goes on in the same MLflow run, and a
    point is never there twice. A store forgets nothing: of a fold that collapsed and began anew,
    the points of both attempts stay.
    """

    name = "MLflow"

    def __init__(self, database: Path, experiment: str) -> None:
        package = imported("mlflow", "mlflow")
        self._entities = imported("mlflow.entities", "mlflow")
        self._client: Any = None
        self._open = package.MlflowClient
        self._database, self._experiment = database, experiment
        self._run_id = ""
        self._known: set[tuple[str, int, float]] = set()

    def update(self, record: RunRecord) -> None:
        """Add the points that the store has not."""
        if self._client is None:
            self._begin(record)
        new = [p for p in record.points if (p.curve, p.step, p.value) not in self._known]
        for at in range(0, len(new), MOST_AT_ONCE):
            batch = new[at : at + MOST_AT_ONCE]
            self._client.log_batch(self._run_id, metrics=[self._metric(p) for p in batch])
        self._known |= {(p.curve, p.step, p.value) for p in new}

    def close(self, record: RunRecord) -> None:
        """Add the rest, and the scores of a finished run; say whether it has ended."""
        self.update(record)
        for name, value in record.scores.items():
            if (name, 0, value) not in self._known:
                self._client.log_metric(self._run_id, name, value, step=0)
        self._client.update_run(self._run_id, status="FINISHED" if record.scores else "KILLED")
        self._client = None

    def _begin(self, record: RunRecord) -> None:
        self._database.parent.mkdir(parents=True, exist_ok=True)
        self._client = self._open(tracking_uri=f"sqlite:///{self._database.resolve()}")
        found = self._client.get_experiment_by_name(self._experiment)
        experiment = found.experiment_id if found else self._new_experiment()
        runs = self._client.search_runs([experiment], f"tags.`{KEY}` = '{record.key}'")
        self._run_id = runs[0].info.run_id if runs else self._new_run(experiment, record)
        self._client.update_run(self._run_id, status="RUNNING")
        names = self._client.get_run(self._run_id).data.metrics
        self._known = {
            (name, metric.step, metric.value)
            for name in names
            for metric in self._client.get_metric_history(self._run_id, name)
        }

    def _new_experiment(self) -> str:
        place = self._database.parent.resolve() / "mlartifacts"  # nothing is put there
        made: str = self._client.create_experiment(self._experiment, artifact_location=str(place))
        return made

    def _new_run(self, experiment: str, record: RunRecord) -> str:
        made = self._client.create_run(experiment, run_name=record.name, tags={KEY: record.key})
        parameter = self._entities.Param
        values = as_text(record.settings)
        self._client.log_batch(
            made.info.run_id,
            params=[parameter(_name(k), v[:LONGEST_VALUE]) for k, v in values.items()],
        )
        run_id: str = made.info.run_id
        return run_id

    def _metric(self, point: Point) -> Any:
        milliseconds = int(point.time * 1000)
        return self._entities.Metric(point.curve, point.value, milliseconds, point.step)


def _name(setting: str) -> str:
    """A setting's name in the letters that MLflow takes."""
    return "".join(c if c.isalnum() or c in "_-./ " else "_" for c in setting)
