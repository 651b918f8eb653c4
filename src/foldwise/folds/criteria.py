"""What the folds should share the distribution of: a class for every row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.labels import is_finite
from foldwise.competition.loading import LoadedCompetition
from foldwise.competition.rows import Rows
from foldwise.errors import Complaints, DataError, UsageError, counted, did_you_mean, listed
from foldwise.folds.texts import word_counts
from foldwise.folds.units import Units

LENGTH = "length"
MANY = 20  # distinct numbers in a column of strata, from which on they are measured, not counted


@dataclass(frozen=True, eq=False)
class Criterion:
    """One criterion: the class of every row.

    Attributes:
        name: a target's, that of the column `stratify`, or "length".
        codes: (rows,) int64, the number of each row's class.
        classes: what each class is called.
        categories: whether the classes are labels or strata, which no fold may lack.
    """

    name: str
    codes: NDArray[np.int64]
    classes: tuple[str, ...]
    categories: bool

    def counts(self, units: Units) -> NDArray[np.int64]:
        """(units, classes) how many rows of each class a unit holds."""
        width = len(self.classes)
        cells = np.bincount(units.of_row * width + self.codes, minlength=len(units) * width)
        return cells.reshape(len(units), width).astype(np.int64)


def build_criterion(name: str, loaded: LoadedCompetition, most: int) -> Criterion:
    """The criterion called `name`: a target, the column `stratify`, or "length" (in words).

    Numbers are put into quantile bins: as many as Sturges' rule says, at most `most`.

    Raises:
        UsageError: no such criterion; names the nearest.
        DataError: a target is not finite; names the lines.
    """
    competition, rows = loaded.competition, loaded.train
    if name in competition.target and rows.targets is not None:
        values = rows.targets[:, competition.target.index(name)]
        _check_finite(name, values, rows)
        if competition.task == "classification":
            return Criterion(name, values.astype(np.int64), loaded.labels, categories=True)
        return _binned(name, values, most)
    if name == competition.stratify and loaded.strata is not None:
        return _of_strata(name, loaded.strata, most)
    if name == LENGTH:
        return _binned(name, word_counts(rows.texts).astype(np.float64), most)
    known = (*competition.target, *filter(None, [competition.stratify]), LENGTH)
    raise UsageError(f"no criterion {name!r}; {did_you_mean(name, known)}")


def _check_finite(name: str, values: NDArray[np.float64], rows: Rows) -> None:
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        lines = listed(rows.lines[wrong].tolist())
        raise DataError(f"{name} must be finite to stratify by it; correct lines {lines}")


def _of_strata(name: str, strata: Sequence[str], most: int) -> Criterion:
    """Bins if the strata are many numbers, else a class for each distinct string."""
    distinct = sorted(set(strata))
    if len(distinct) > MANY and all(is_finite(stratum) for stratum in distinct):
        return _binned(name, np.array(strata, dtype=np.float64), most)
    code_of = {stratum: code for code, stratum in enumerate(distinct)}
    codes = np.array([code_of[stratum] for stratum in strata], dtype=np.int64)
    return Criterion(name, codes, tuple(distinct), categories=True)


def _binned(name: str, values: NDArray[np.float64], most: int) -> Criterion:
    edges = quantile_edges(values, min(sturges(len(values)), most))
    codes = np.searchsorted(edges, values, side="right").astype(np.int64)
    lower = ["lowest", *(f"from {edge:g}" for edge in edges)]
    return Criterion(name, codes, tuple(lower), categories=False)


def sturges(rows: int) -> int:
    """A number of bins for `rows` values: 1 + log2(rows), rounded down.

    Sturges 1926, https://doi.org/10.1080/01621459.1926.10502161
    """
    return max(rows, 1).bit_length()


def quantile_edges(values: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """(bins - 1,) or fewer ascending values at which the bins after the first begin.

    Every edge is one of `values`, without arithmetic between neighbours, so that equal values
    share a bin and every machine finds the same ones. Many equal values make fewer bins, each of
    which holds at least half its share.
    """
    ordered = np.sort(values)
    share = len(ordered) / max(bins, 1)
    edges: list[float] = []
    begin = 0
    for k in range(1, bins):
        nearest = min((2 * k * len(ordered) + bins) // (2 * bins), len(ordered) - 1)
        # the first of the equal values there, so that the bin has all of them
        at = int(np.searchsorted(ordered, ordered[nearest]))
        if min(at - begin, len(ordered) - at) >= share / 2:
            edges.append(float(ordered[at]))
            begin = at
    return np.array(edges, dtype=np.float64)


def check_labels(criteria: Sequence[Criterion], units: Units, rows: Rows, n: int) -> None:
    """Nothing, if every label and stratum can stand in each of `n` folds.

    Raises:
        DataError: its rows make fewer than `n` units; names the lines.
    """
    complaints = Complaints()
    for criterion in criteria:
        if not criterion.categories:
            continue
        holding = (criterion.counts(units) > 0).sum(axis=0).tolist()
        for code, held in enumerate(holding):
            if 0 < held < n:
                lines = sorted(rows.lines[criterion.codes == code].tolist())
                complaints.add(_too_rare(criterion, code, held, lines, n))
    complaints.raise_if_any(DataError)


def _too_rare(criterion: Criterion, code: int, held: int, lines: list[int], n: int) -> str:
    parts = "" if held == len(lines) else f" in {counted(held, 'part')} that must stay together"
    fewer = f"take at most {held} folds, " if held > 1 else ""
    return (
        f"{criterion.name} {criterion.classes[code]!r} has {counted(len(lines), 'row')}{parts} "
        f"({'line' if len(lines) == 1 else 'lines'} {listed(lines)}), too few to stand in each of "
        f"{n} folds; "
        f"{fewer}merge it with another, or choose a strategy that does not stratify"
    )
