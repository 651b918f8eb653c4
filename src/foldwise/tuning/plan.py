"""What a study tunes, on which rows, beside what: checked before anything is trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from foldwise.competition.metrics import Metric, metric_named
from foldwise.competition.rows import Rows
from foldwise.ensembling.members import read_member
from foldwise.errors import Complaints, DataError
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from foldwise.settings import (
    Settings,
    TunedExperiment,
    experiment_table,
    small_form,
    tuned_experiment,
)
from foldwise.training.corpus import Corpus, load_corpus
from foldwise.training.fitness import check_fit, encoder_here
from foldwise.tuning.names import DATABASE, study_name
from foldwise.tuning.pruner_names import PrunerName
from foldwise.tuning.request import TuneRequest


@dataclass(frozen=True, eq=False)
class Plan:
    """All that a study needs to know.

    Attributes:
        folder: of the study.
        source: the experiment's name.
        defaults: the values that are tried first.
        corpus: the rows and folds that all trials share.
        folds: those that are trained.
        partners: out-of-fold predictions that a trial is blended with, by run.
        fast: whether each trial is in the small form.
        pruner, level: what drops trials early. Which trials finish depends on them.
    """

    project: Project
    folder: Path
    source: str
    experiment: TunedExperiment
    defaults: dict[str, Any]
    corpus: Corpus
    folds: tuple[int, ...]
    partners: dict[str, Predictions]
    fast: bool
    pruner: PrunerName
    level: float

    @property
    def database(self) -> Path:
        """Optuna's SQLite file."""
        return self.folder / DATABASE

    @property
    def metric(self) -> Metric:
        """The competition's."""
        competition = self.corpus.loaded.competition
        return metric_named(competition.metric, competition.task)

    def settings(self, values: Mapping[str, Any]) -> Settings:
        """The settings of a trial.

        Raises:
            UsageError: they contradict each other, or make no sense in this competition.
        """
        chosen = self.experiment.settings(values)
        chosen = small_form(chosen) if self.fast else chosen
        check_fit(chosen, self.corpus, encoder_here(chosen))
        return chosen

    def rows(self, folds: Sequence[int]) -> Rows:
        """The training rows of some folds."""
        at = np.flatnonzero(np.isin(self.corpus.folds, folds)).astype(np.int64)
        return self.corpus.loaded.train.take(at)

    def data_is_as_it_was(self) -> bool:
        """Whether the files still hold the study's rows and folds."""
        chosen = _in_form(self.experiment.settings(self.defaults), fast=self.fast)
        try:
            now = load_corpus(self.project, chosen)
        except DataError:
            return False
        mine = self.corpus
        return (now.data_hash, now.folds_hash) == (mine.data_hash, mine.folds_hash)


def planned(project: Project, request: TuneRequest) -> Plan:
    """The plan of a study; nothing is trained or written.

    Raises:
        UsageError: whatever is wrong with the request, the experiment or its ranges.
        DataError: data, folds or a partner are missing or wrong.
    """
    request.check()
    path = project.experiment(request.experiment)
    experiment = tuned_experiment(experiment_table(path, request.overrides), str(path))
    form = "-fast" if request.fast else ""
    defaults = experiment.defaults()
    corpus = load_corpus(project, _in_form(experiment.settings(defaults), fast=request.fast))
    plan = Plan(
        project=project,
        folder=project.run(study_name(request.name or f"{path.stem}{form}")),
        source=path.stem,
        experiment=experiment,
        defaults=defaults,
        corpus=corpus,
        folds=corpus.checked_folds(request.folds),
        partners=_partners(project, request.partners, corpus),
        fast=request.fast,
        pruner=request.pruner,
        level=request.level,
    )
    plan.settings(defaults)
    return plan


def _in_form(chosen: Settings, *, fast: bool) -> Settings:
    return small_form(chosen) if fast else chosen


def _partners(project: Project, names: Sequence[str], corpus: Corpus) -> dict[str, Predictions]:
    """The OOF of the runs that trials are blended with, in the order of the rows.

    Raises:
        DataError: one has not finished, or was made from other data, rows or folds.
    """
    complaints, tables = Complaints(), {}
    for name in names:
        member = read_member(project, name)
        if (member.scores.data, member.scores.folds) != (corpus.data_hash, corpus.folds_hash):
            complaints.add(f"run {name!r} was made from other data or folds; train it again")
            continue
        train = corpus.loaded.train
        if set(member.oof.ids) != set(train.ids):
            complaints.add(
                f"run {name!r} has {len(member.oof)} OOF rows and this study {len(train)}, and "
                f"their ids differ; train it with the same training.rows"
            )
            continue
        table = member.oof.aligned_to(train.ids, "the training rows")
        if table.folds is None or not np.array_equal(table.folds, corpus.folds):
            complaints.add(f"run {name!r} has other folds; train it with the same training.folds")
        tables[name] = table
    complaints.raise_if_any(DataError)
    return tables
