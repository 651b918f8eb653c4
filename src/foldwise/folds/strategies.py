"""Which strategy a competition calls for, and what each one does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import Competition
from foldwise.competition.loading import LoadedCompetition
from foldwise.competition.rows import Rows
from foldwise.errors import Complaints, UsageError, counted, did_you_mean
from foldwise.folds.criteria import Criterion, build_criterion, check_labels
from foldwise.folds.splitters import split_by_criteria, split_evenly, split_stratified
from foldwise.folds.units import Units

StrategyName = Literal["kfold", "stratified", "group", "stratified-group", "multilabel"]
AUTO = "auto"
STRATEGIES: tuple[StrategyName, ...] = get_args(StrategyName)
_GROUPED: tuple[StrategyName, ...] = ("group", "stratified-group")
_UNGROUPED: tuple[StrategyName, ...] = ("kfold", "stratified")


@dataclass(frozen=True, eq=False)
class Plan:
    """A strategy, the criteria it stratifies by, and why it was chosen (one sentence)."""

    strategy: StrategyName
    criteria: tuple[Criterion, ...]
    reason: str


@dataclass(frozen=True, eq=False)
class Problem:
    """What there is to split: a competition's training rows, joined into units, for `n` folds."""

    loaded: LoadedCompetition
    units: Units
    n: int

    @property
    def most_bins(self) -> int:
        """So few that every bin has a unit for every fold."""
        return len(self.units) // (2 * self.n)

    def criteria(self, names: Sequence[str]) -> tuple[Criterion, ...]:
        """The criteria of these names, checked; without names, what the competition stratifies."""
        chosen = tuple(
            build_criterion(name, self.loaded, self.most_bins)
            for name in dict.fromkeys(names or _default_criteria(self.loaded.competition))
        )
        check_labels(chosen, self.units, self.loaded.train, self.n)
        return chosen


def check_strategy(strategy: str, criteria: Sequence[str], rows: Rows) -> None:
    """Nothing, if `strategy` exists and fits the rows and criteria.

    Raises:
        UsageError: no such strategy; or it would split groups, needs some, or has no criteria.
    """
    known = (AUTO, *STRATEGIES)
    if strategy not in known:
        raise UsageError(f"no strategy {strategy!r}; {did_you_mean(strategy, known)}")
    if rows.groups is None and strategy in _GROUPED:
        raise UsageError(
            f"strategy {strategy!r} needs groups, and competition.toml declares none; "
            f"set group to the column of rows that belong together, or take 'stratified'"
        )
    if rows.groups is not None and strategy in _UNGROUPED:
        raise UsageError(
            f"strategy {strategy!r} would split groups, and competition.toml declares some; "
            f"take 'group' or 'stratified-group', or remove group from competition.toml"
        )
    if criteria and strategy in {"kfold", "group"}:
        raise UsageError(
            f"strategy {strategy!r} does not stratify, but criteria are {list(criteria)}; "
            f"leave them out, or take 'stratified', 'stratified-group' or 'multilabel'"
        )
    if strategy in {"stratified", "stratified-group"} and len(set(criteria)) > 1:
        raise UsageError(
            f"strategy {strategy!r} has one criterion, got {list(criteria)}; take 'multilabel'"
        )


def choose(problem: Problem, strategy: str, names: Sequence[str]) -> Plan:
    """The plan for `strategy`; "auto" picks one from the competition and says why.

    Raises:
        DataError: a label is rarer than the folds.
        UsageError: no such criterion, one that cannot be balanced, or several targets and a
            strategy for one.
    """
    if strategy in {"kfold", "group"}:
        return Plan(_known(strategy), (), f"{strategy} was asked for")
    criteria = problem.criteria(names)
    if names or strategy != AUTO:
        _check_telling(criteria, problem)
    if strategy == AUTO:
        return _chosen(problem, criteria)
    if strategy != "multilabel" and len(criteria) > 1:
        raise UsageError(
            f"strategy {strategy!r} has one criterion, and the competition has "
            f"{len(criteria)} targets; take 'multilabel', or name one criterion"
        )
    return Plan(_known(strategy), criteria, f"{strategy} was asked for")


def _check_telling(criteria: Sequence[Criterion], problem: Problem) -> None:
    complaints = Complaints()
    for criterion in criteria:
        if len(criterion.classes) < 2:
            complaints.add(
                f"{criterion.name} cannot be balanced: {counted(len(problem.units), 'unit')} over "
                f"{problem.n} folds, or its equal values, leave one bin; take fewer folds "
                f"or another criterion"
            )
    complaints.raise_if_any(UsageError)


def _chosen(problem: Problem, criteria: tuple[Criterion, ...]) -> Plan:
    group = problem.loaded.competition.group
    grouped = problem.loaded.train.groups is not None
    together = f"rows of one {group} stay together" if grouped else ""
    telling = tuple(c for c in criteria if len(c.classes) > 1)
    if not telling:
        strategy: StrategyName = "group" if grouped else "kfold"
        return Plan(strategy, (), f"{strategy}: {_joined(together, _untelling(problem, criteria))}")
    if len(telling) > 1:
        names = " and ".join(_in_words(criterion) for criterion in telling)
        balanced = f"the folds balance {names} at once"
        return Plan("multilabel", telling, f"multilabel: {_joined(together, balanced)}")
    strategy = "stratified-group" if grouped else "stratified"
    balanced = f"the folds balance {_in_words(telling[0])}"
    return Plan(strategy, telling, f"{strategy}: {_joined(together, balanced)}")


def _untelling(problem: Problem, criteria: tuple[Criterion, ...]) -> str:
    """Why no criterion has two classes: too few units for them, or too many equal values."""
    if problem.most_bins < 2:
        units = counted(len(problem.units), "unit leaves", "units leave")
        return f"{units} nothing to stratify over {problem.n} folds"
    names = " and ".join(criterion.name for criterion in criteria)
    return f"most values of {names} are equal, which leaves nothing to stratify"


def split(problem: Problem, plan: Plan, seed: int) -> NDArray[np.int64]:
    """(rows,) the fold of each training row."""
    units, n = problem.units, problem.n
    match plan.strategy:
        case "kfold" | "group":
            folds = split_evenly(units, n)
        case "stratified" | "stratified-group":
            folds = split_stratified(units, plan.criteria[0], n)
        case "multilabel":
            folds = split_by_criteria(units, plan.criteria, n, seed)
    return folds[units.of_row]


def _default_criteria(competition: Competition) -> tuple[str, ...]:
    return (competition.stratify,) if competition.stratify else competition.target


def _in_words(criterion: Criterion) -> str:
    if criterion.categories:
        return f"the {len(criterion.classes)} classes of {criterion.name}"
    return f"{criterion.name} in {len(criterion.classes)} quantile bins"


def _joined(*clauses: str) -> str:
    return ", and ".join(clause for clause in clauses if clause)


def _known(strategy: str) -> StrategyName:
    return STRATEGIES[STRATEGIES.index(strategy)]
