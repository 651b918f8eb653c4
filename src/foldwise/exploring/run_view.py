"""A finished run as a notebook reads it: scores, curves, rates, errors, and words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.ensembling.record import is_ensemble
from foldwise.errors import UsageError
from foldwise.exploring.picture import GREY, Picture, picture, styles
from foldwise.exploring.shaded_text import ShadedTexts
from foldwise.folds.texts import word_counts
from foldwise.paths import Project, find_project
from foldwise.pipeline.evidence import Evidence, WordWeights, word_evidence
from foldwise.pipeline.neighbours import rows_of
from foldwise.pipeline.predicting import predict_texts
from foldwise.pipeline.rate_table import RateTable, rate_table
from foldwise.predictions.table import Predictions
from foldwise.settings import load_experiment
from foldwise.tracking.record import looks_of
from foldwise.training.run_scores import RunScores, check_unchanged, read_scores, read_tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAR = 0.8  # of a layer group's place, for all stages together
NOTES = {
    "attention": "the darker a word, the more of the pooling's attention it had",
    "contribution": "orange words raise the prediction, blue ones lower it",
}


@dataclass(frozen=True, eq=False)
class RunView:
    """A finished run and the rows it learned from.

    Attributes:
        project: where it is.
        name: of the run.
        record: its scores.
        loaded: the competition; its training rows are those of `oof`, in that order.
        oof: out-of-fold predictions.
    """

    project: Project
    name: str
    record: RunScores
    loaded: LoadedCompetition
    oof: Predictions

    def scores(self) -> pd.DataFrame:
        """Honest scores with standard errors, the optimism taken off them, and each fold's."""
        rows = []
        for metric, of in self.record.scores.items():
            folds = {f"fold {i}": value for i, value in enumerate(of.folds)}
            optimism = self.record.optimism(metric)
            rows.append({"metric": metric, "score": of.value, "± one error": of.standard_error,
                         "optimism": optimism, **folds})  # fmt: skip
        return pd.DataFrame(rows).set_index("metric")

    def curves(self) -> Picture:
        """Training loss and validation score at each evaluation, fold by fold.

        Raises:
            UsageError: the run journals no evaluations, as ensembles and TF-IDF runs do not.
        """
        score = f"validation {self.record.metric}"
        return picture(
            lambda axes: self._draw_curve(axes, "loss", "training loss"),
            lambda axes: self._draw_curve(axes, "score", score),
        )

    def rates(self) -> Picture:
        """The highest learning rate of each layer group, in each stage.

        Raises:
            UsageError: the run is no trained encoder, or its encoder is not on this machine.
        """
        self._looks()  # refuses what has none
        settings = load_experiment(self.project.run(self.name) / "settings.toml")
        table = rate_table(self.project, settings)
        return picture(lambda axes: _draw_peaks(axes, table), height=0.9 + 0.3 * len(table.groups))

    def errors(self) -> Picture:
        """Predicted against true, and errors by length; of classes, which is taken for which."""
        if self.loaded.competition.task == "classification":
            return picture(self._draw_confusion, self._draw_error_by_length)
        return picture(self._draw_predicted, self._draw_error_by_length)

    def worst(self, count: int = 10) -> pd.DataFrame:
        """The rows that were predicted worst out of fold, worst first."""
        order = np.argsort(-self._row_errors(), kind="stable")[:count]
        rows, names = self.loaded.train.take(order), self.loaded.competition.text
        predicted, true = self._shown()
        return pd.DataFrame(
            {
                "id": rows.ids,
                "fold": [int(np.asarray(self.oof.folds)[i]) for i in order],
                "true": [true[i] for i in order],
                "predicted": [predicted[i] for i in order],
                "error": self._row_errors()[order],
                **{name: [text[k] for text in rows.texts] for k, name in enumerate(names)},
            }
        ).set_index("id")

    def words(self, *texts: str | Sequence[str]) -> ShadedTexts:
        """The texts with the words that counted, or the reason why that is not known.

        Args:
            texts: new ones; of a pair, both its texts as one sequence.
        """
        parts = [(text,) if isinstance(text, str) else tuple(text) for text in texts]
        ids = [str(i) for i in range(len(parts))]
        predictions = predict_texts(self.project, self.name, ids, parts)
        evidence = word_evidence(self.project, self.name, parts, predictions)
        headings = tuple(_heading(predictions, i) for i in range(len(parts)))
        shown = evidence.texts or tuple(_unweighed(text) for text in parts)
        return ShadedTexts(headings, shown, _note(evidence))

    def _looks(self) -> dict[int, pd.DataFrame]:
        """The journaled evaluations of each fold."""
        folder = self.project.run(self.name)
        if is_ensemble(folder) or self.record.kind != "encoder":
            raise UsageError(
                f"curves and rates are of trained encoders, and {self.name} is of kind "
                f"{self.record.kind!r}; read one of the runs with an encoder"
            )
        folds = range(len(self.record.looks))
        return {fold: pd.DataFrame(looks_of(folder / f"fold-{fold}")) for fold in folds}

    def _values(self) -> NDArray[np.float64]:
        if self.loaded.train.targets is None:
            raise ValueError("training rows have targets")
        return self.loaded.train.targets[:, 0]

    def _row_errors(self) -> NDArray[np.float64]:
        """(rows,) the first target's absolute error; of classes, one less the true one's chance."""
        if self.loaded.competition.task == "classification":
            rows = np.arange(len(self.oof))
            return 1 - _outputs(self.oof)[rows, self._values().astype(np.int64)]
        return np.abs(_outputs(self.oof)[:, 0] - self._values())

    def _shown(self) -> tuple[list[object], list[object]]:
        """Predicted and true, row by row, as people say it."""
        if self.loaded.competition.task == "classification":
            labels = self.loaded.labels
            predicted = [labels[int(i)] for i in _outputs(self.oof).argmax(axis=1)]
            return [*predicted], [labels[int(value)] for value in self._values()]
        return _outputs(self.oof)[:, 0].tolist(), self._values().tolist()

    def _draw_curve(self, axes: "Axes", column: str, label: str) -> None:
        looks = self._looks()
        for (fold, table), (colour, marker) in zip(looks.items(), styles(len(looks)), strict=True):
            axes.plot(table["step"], table[column], color=colour, marker=marker, markersize=4,
                      label=f"fold {fold}")  # fmt: skip
        axes.set(xlabel="optimizer steps", ylabel=label, title=label.capitalize())
        axes.legend(frameon=False)

    def _draw_predicted(self, axes: "Axes") -> None:
        true, predicted = self._values(), _outputs(self.oof)[:, 0]
        axes.scatter(true, predicted, s=4, alpha=0.25, color=styles(1)[0][0])
        ends = [float(true.min()), float(true.max())]
        axes.plot(ends, ends, color=GREY, linestyle="--", label="predicted = true")
        axes.set(xlabel="true", ylabel="predicted out of fold", title="Predicted and true")
        axes.legend(frameon=False)

    def _draw_confusion(self, axes: "Axes") -> None:
        labels, true = self.loaded.labels, self._values().astype(np.int64)
        counts = np.zeros((len(labels), len(labels)))
        np.add.at(counts, (true, _outputs(self.oof).argmax(axis=1)), 1)
        shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (i, j), share in np.ndenumerate(shares):
            axes.text(j, i, f"{share:.0%}", ha="center", va="center",
                      color="white" if share > 0.5 else "black")  # fmt: skip
        axes.set_xticks(range(len(labels)), labels)
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlabel="predicted out of fold", ylabel="true", title="Shares of each true label")

    def _draw_error_by_length(self, axes: "Axes") -> None:
        words, errors = word_counts(self.loaded.train.texts), self._row_errors()
        groups = np.array_split(np.argsort(words, kind="stable"), min(8, len(words)))
        at = [float(words[group].mean()) for group in groups]
        middle = [float(errors[group].mean()) for group in groups]
        error = [float(errors[group].std() / np.sqrt(len(group))) for group in groups]
        axes.errorbar(at, middle, error, fmt="o-", color=styles(2)[1][0], capsize=2)
        axes.set(xlabel="words a text", ylabel="mean error ± its own", title="Error by length")


def read_run(name: str, project: Project | None = None) -> RunView:
    """The finished run called `name`.

    Args:
        name: of the run, trained or an ensemble.
        project: where; None: the project around the working folder.

    Raises:
        UsageError: there is no project here.
        DataError: the run has not finished, or its training rows are gone or have changed.
    """
    where = project or find_project()
    record = read_scores(where.run(name))
    loaded = load(load_competition(where.competition(record.competition)))
    oof, _ = read_tables(where.run(name))
    rows = rows_of(loaded.train, oof)
    check_unchanged(loaded, record, name)
    loaded = replace(loaded, train=rows, strata=None)
    return RunView(where, name, record, loaded, oof)


def _draw_peaks(axes: "Axes", table: RateTable) -> None:
    names, count = [group.name for group in table.groups], len(table.stages)
    for stage, (colour, _) in enumerate(styles(count)):
        at = np.arange(len(names)) + (stage - (count - 1) / 2) * BAR / count
        peaks = [group.peaks[stage] or 0.0 for group in table.groups]
        axes.barh(at, peaks, BAR / count, color=colour, label=f"stages.{stage}")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="peak learning rate", title="Rates by layer group")
    axes.ticklabel_format(axis="x", style="sci", scilimits=(0, 0))
    if count > 1:
        axes.legend(frameon=False)


def _outputs(predictions: Predictions) -> NDArray[np.float64]:
    return predictions.values  # noqa: PD011  # an array already


def _heading(predictions: Predictions, at: int) -> str:
    values = zip(predictions.outputs, _outputs(predictions)[at].tolist(), strict=True)
    return ", ".join(f"{name} {value:.3f}" for name, value in values)


def _unweighed(text: tuple[str, ...]) -> tuple[WordWeights, ...]:
    return tuple(WordWeights(part, (), np.empty(0), len(part)) for part in text)


def _note(evidence: Evidence) -> str:
    if evidence.kind == "none":
        return f"no words are shaded: {evidence.reason}"
    of = f" (of {', '.join(dict.fromkeys(evidence.of))})" if evidence.of else ""
    return NOTES[evidence.kind] + of + evidence.of_members()
