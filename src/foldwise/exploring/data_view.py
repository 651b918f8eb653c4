"""A competition's data as a notebook shows it: tables as data frames, and pictures."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.report import DataReport, describe
from foldwise.errors import DataError
from foldwise.exploring.picture import BLUE, GREY, Draw, Picture, picture, styles
from foldwise.folds.leaks import find_leaks
from foldwise.folds.overview import describe_folds
from foldwise.folds.table import FoldTable, read_checked_folds
from foldwise.folds.texts import word_counts
from foldwise.paths import Project, find_project

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class DataView:
    """The data of one competition.

    Attributes:
        loaded: its rows.
        report: lengths, labels or targets, duplicates.
        folds_table: the folds; None where none were made yet.
    """

    loaded: LoadedCompetition
    report: DataReport
    folds_table: FoldTable | None

    def rows(self) -> pd.DataFrame:
        """Rows, blank texts, and lengths in each unit, of the two files."""
        found = []
        for name in ("train", "test"):
            part = getattr(self.report, name)
            for unit, lengths in part.lengths.items():
                figures = {k: v for k, v in asdict(lengths).items() if v is not None}
                blank = len(part.blank)
                found.append({"file": name, "rows": part.rows, "blank": blank, "unit": unit}
                             | figures)  # fmt: skip
        return pd.DataFrame(found)

    def targets(self) -> pd.DataFrame:
        """Rows of each label, or each target's distribution."""
        if self.report.labels:
            counts = pd.Series(self.report.labels)
            return pd.DataFrame({"rows": counts, "share": counts / counts.sum()})
        rows = [{**asdict(of), **of.quantiles} for of in self.report.targets]
        return pd.DataFrame(rows).drop(columns="quantiles")

    def lengths_picture(self) -> Picture:
        """Words a text in both files, and how the target goes with the length."""
        return picture(self._draw_lengths, self._draw_target_by_length)

    def targets_picture(self) -> Picture:
        """Rows by label; or each target's histogram, and the raters' noise where it is known."""
        if self.report.labels:
            return picture(self._draw_labels)
        draws = [self._drawn_target(i) for i in range(len(self.report.targets))]
        noise = [self._draw_noise] if self.loaded.train.target_sd is not None else []
        return picture(*draws, *noise)

    def examples(self, count: int = 2) -> pd.DataFrame:
        """Rows of each label, or those of the lowest, middle and highest first target."""
        values = self._values()
        order = np.argsort(values, kind="stable")
        if self.report.labels:
            chosen = [i for k in range(len(self.report.labels)) for i in
                      np.flatnonzero(values == k)[:count]]  # fmt: skip
        else:
            middle = (len(order) - count) // 2
            chosen = [*order[:count], *order[middle : middle + count], *order[-count:]]
        rows = self.loaded.train.take([int(i) for i in dict.fromkeys(chosen)])
        shown: list[object] = values[list(dict.fromkeys(chosen))].tolist()
        if self.report.labels:
            shown = [self.loaded.labels[int(v)] for v in values[list(dict.fromkeys(chosen))]]
        names = self.loaded.competition.text
        texts = {name: [text[i] for text in rows.texts] for i, name in enumerate(names)}
        target = self.loaded.competition.target[0]
        return pd.DataFrame({"id": rows.ids, target: shown, **texts}).set_index("id")

    def duplicates(self) -> pd.DataFrame:
        """How often texts stand more than once, exactly and but for case and white space."""
        kinds = {"equal": self.report.exact, "equal but for case and space": self.report.folded}
        columns = {
            name: {
                "texts in several training rows": found.texts,
                "training rows that share a text": found.rows,
                "texts with different targets": len(found.conflicts),
                "test texts that stand in training": len(found.in_test),
            }
            for name, found in kinds.items()
        }
        return pd.DataFrame(columns)

    def folds(self) -> pd.DataFrame:
        """What each fold holds: rows, groups, words, and targets or the shares of labels."""
        loaded = self.loaded
        overview = describe_folds(loaded.competition, loaded.labels, loaded.train, self._folds())
        rows = []
        for fold in overview.folds:
            spreads = {f"{t.target} {k}": v for t in fold.targets
                       for k, v in (("mean", t.mean), ("sd", t.sd))}  # fmt: skip
            groups = {} if fold.groups is None else {"groups": fold.groups}
            rows.append({"fold": fold.fold, "rows": fold.rows, **groups,
                         "mean words": fold.mean_words, **spreads, **fold.shares})  # fmt: skip
        return pd.DataFrame(rows).set_index("fold")

    def folds_picture(self) -> Picture:
        """The distribution of the first target in each fold: alike, if the folds are fair."""
        return picture(self._draw_folds)

    def leaks(self) -> list[str]:
        """A sentence for each kind of text that stands on both sides of a border."""
        found = find_leaks(self.loaded.train, self.loaded.test, self._folds()).sentences()
        return list(found) or ["no text stands in two folds, or in training and test"]

    def _folds(self) -> FoldTable:
        if self.folds_table is None:
            name = self.loaded.competition.name
            raise DataError(f"no folds yet for {name}; run: foldwise folds {name}")
        return self.folds_table

    def _values(self) -> NDArray[np.float64]:
        if self.loaded.train.targets is None:
            raise ValueError("training rows have targets")
        return self.loaded.train.targets[:, 0]

    def _draw_lengths(self, axes: "Axes") -> None:
        counts = [word_counts(rows.texts) for rows in (self.loaded.train, self.loaded.test)]
        most = max(1, int(np.quantile(np.concatenate(counts), 0.995)))
        step = -(-most // 40)  # whole words, or some bins would hold one length more than others
        bins = np.arange(0, most + 2 * step, step) - 0.5
        for (colour, _), found, name in zip(styles(2), counts, ("train", "test"), strict=True):
            axes.hist(found, bins.tolist(), density=True, histtype="step", color=colour,
                      label=f"{name}, {len(found):,} rows", linewidth=1.8)  # fmt: skip
        axes.set(xlabel="words a text", ylabel="share", title="Lengths", yticks=[])
        axes.legend(frameon=False)

    def _draw_target_by_length(self, axes: "Axes") -> None:
        words, values = word_counts(self.loaded.train.texts), self._values()
        edges = np.unique(np.quantile(words, np.linspace(0, 1, 11)))
        place = np.clip(np.searchsorted(edges, words, side="right") - 1, 0, len(edges) - 2)
        groups = [values[place == i] for i in range(len(edges) - 1)]
        filled = [(edges[i], group) for i, group in enumerate(groups) if len(group)]
        middle = [group.mean() for _, group in filled]
        error = [group.std() / np.sqrt(len(group)) for _, group in filled]
        axes.errorbar([at for at, _ in filled], middle, error, fmt="o-", color=BLUE, capsize=2)
        what = "position of the label" if self.report.labels else self.report.targets[0].name
        axes.set(xlabel="words a text, from", ylabel=f"mean {what} ± its error", title="By length")

    def _draw_labels(self, axes: "Axes") -> None:
        names, counts = list(self.report.labels), list(self.report.labels.values())
        axes.bar(names, counts, color=BLUE)
        axes.set(xlabel=self.loaded.competition.target[0], ylabel="training rows", title="Labels")

    def _drawn_target(self, at: int) -> Draw:
        def draw(axes: "Axes") -> None:
            if self.loaded.train.targets is not None:
                axes.hist(self.loaded.train.targets[:, at], bins=40, color=BLUE)
            axes.set(xlabel=self.report.targets[at].name, ylabel="training rows", title="Target")

        return draw

    def _draw_noise(self, axes: "Axes") -> None:
        noise = np.asarray(self.loaded.train.target_sd, np.float64)
        axes.scatter(self._values(), noise, s=4, alpha=0.2, color=GREY)
        axes.set(xlabel=self.report.targets[0].name, ylabel="standard deviation of the raters",
                 title="Noise of the raters")  # fmt: skip

    def _draw_folds(self, axes: "Axes") -> None:
        fold_of_row, values = self._folds().for_rows(self.loaded.train), self._values()
        folds = range(self._folds().n)
        if self.report.labels:
            edges = np.arange(len(self.report.labels) + 1) - 0.5
            axes.set_xticks(range(len(self.report.labels)), list(self.report.labels))
        else:
            edges = np.linspace(values.min(), values.max(), 25)
        for fold, (colour, marker) in zip(folds, styles(len(folds)), strict=True):
            share, _ = np.histogram(values[fold_of_row == fold], edges)
            axes.plot((edges[:-1] + edges[1:]) / 2, share / max(1, share.sum()), color=colour,
                      marker=marker, markersize=4, label=f"fold {fold}")  # fmt: skip
        axes.set(xlabel=self.loaded.competition.target[0], ylabel="share of the fold's rows")
        axes.legend(frameon=False, ncols=2)


def explore(competition: str, project: Project | None = None) -> DataView:
    """The data of `competition`, which lies in `input/`.

    Args:
        competition: its name.
        project: where; None: the project around the working folder.

    Raises:
        UsageError: there is no such competition or project.
        DataError: files are missing or wrong, or the folds are of other rows.
    """
    where = project or find_project()
    loaded = load(load_competition(where.competition(competition)))
    path = where.folds(competition)
    folds = read_checked_folds(path, loaded.train) if path.is_file() else None
    return DataView(loaded, describe(loaded), folds)
