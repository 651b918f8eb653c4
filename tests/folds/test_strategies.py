import re

import numpy as np
import pytest

from foldwise.competition.loading import LoadedCompetition
from foldwise.errors import UsageError
from foldwise.folds.strategies import Plan, Problem, check_strategy, choose, split
from foldwise.folds.units import build_units
from tests.folds.tiny_competition import make_loaded, make_rows, numbered_texts


def problem_of(loaded: LoadedCompetition, n: int = 5) -> Problem:
    return Problem(loaded, build_units(loaded.train, n, 42, group_duplicates=False), n)


def auto(loaded: LoadedCompetition, n: int = 5, names: tuple[str, ...] = ()) -> Plan:
    return choose(problem_of(loaded, n), "auto", names)


def test_a_classification_is_stratified_by_its_label() -> None:
    loaded = make_loaded(make_rows(numbered_texts(40), [0, 1] * 20), labels=["no", "yes"])
    plan = auto(loaded)
    assert plan.strategy == "stratified"
    assert plan.reason == "stratified: the folds balance the 2 classes of y"


def test_a_regression_is_stratified_in_bins() -> None:
    plan = auto(make_loaded(make_rows(numbered_texts(40), range(40))))
    assert plan.strategy == "stratified"
    assert plan.reason == "stratified: the folds balance y in 4 quantile bins"


def test_declared_groups_stay_together_and_the_reason_names_them() -> None:
    rows = make_rows(numbered_texts(80), range(80), groups=[str(i // 2) for i in range(80)])
    plan = auto(make_loaded(rows))
    assert plan.strategy == "stratified-group"
    assert plan.reason == (
        "stratified-group: rows of one book stay together, "
        "and the folds balance y in 4 quantile bins"
    )


def test_several_targets_are_balanced_at_once() -> None:
    rows = make_rows(numbered_texts(40), [(i, -i % 7) for i in range(40)])
    plan = auto(make_loaded(rows, target=["y", "z"]))
    assert plan.strategy == "multilabel"
    assert plan.reason == (
        "multilabel: the folds balance y in 4 quantile bins and z in 4 quantile bins at once"
    )


def test_two_criteria_that_are_named_are_balanced_at_once() -> None:
    rows = make_rows([f"{'word ' * (i % 9)}{i}" for i in range(40)], range(40))
    plan = auto(make_loaded(rows), names=("y", "length", "y"))
    assert plan.strategy == "multilabel"
    assert [criterion.name for criterion in plan.criteria] == ["y", "length"]


def test_the_column_to_stratify_by_comes_before_the_target() -> None:
    rows = make_rows(numbered_texts(40), range(40))
    plan = auto(make_loaded(rows, stratify="genre", strata=["poem", "essay"] * 20))
    assert plan.reason == "stratified: the folds balance the 2 classes of genre"


@pytest.mark.parametrize(("groups", "strategy"), [(None, "kfold"), (list("abcdefg"), "group")])
def test_too_few_rows_to_stratify_are_split_evenly(groups: list[str] | None, strategy: str) -> None:
    plan = auto(make_loaded(make_rows(numbered_texts(7), range(7), groups=groups)))
    assert plan.strategy == strategy
    assert plan.reason.endswith("7 units leave nothing to stratify over 5 folds")


def test_nearly_equal_values_are_told_apart_from_too_few_rows() -> None:
    plan = auto(make_loaded(make_rows(numbered_texts(40), [0.0] * 39 + [1.0])))
    assert plan.reason == "kfold: most values of y are equal, which leaves nothing to stratify"


def test_an_unknown_strategy_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no strategy 'stratifed'; did you mean 'stratified'"):
        check_strategy("stratifed", (), make_rows([]))


@pytest.mark.parametrize(
    ("strategy", "criteria", "groups", "message"),
    [
        ("group", (), None, "strategy 'group' needs groups, and competition.toml declares none"),
        ("kfold", (), ["a"], "strategy 'kfold' would split groups, and competition.toml declares"),
        ("kfold", ("y",), None, "strategy 'kfold' does not stratify, but criteria are ['y']"),
        ("stratified", ("y", "length"), None, "strategy 'stratified' has one criterion, got"),
    ],
)
def test_a_strategy_that_does_not_fit_is_refused(
    strategy: str, criteria: tuple[str, ...], groups: list[str] | None, message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        check_strategy(strategy, criteria, make_rows(["a"], [0], groups=groups))


def test_one_criterion_is_asked_of_a_competition_with_several_targets() -> None:
    rows = make_rows(numbered_texts(40), [(i, i) for i in range(40)])
    problem = problem_of(make_loaded(rows, target=["y", "z"]))
    with pytest.raises(UsageError, match="the competition has 2 targets; take 'multilabel'"):
        choose(problem, "stratified", ())
    assert choose(problem, "stratified", ("z",)).criteria[0].name == "z"


def test_a_criterion_that_cannot_be_balanced_is_refused_when_asked_for() -> None:
    loaded = make_loaded(make_rows(numbered_texts(40), [0.5] * 40))
    with pytest.raises(UsageError, match="y cannot be balanced: 40 units over 5 folds"):
        choose(problem_of(loaded), "stratified", ())


@pytest.mark.parametrize("strategy", ["kfold", "stratified", "multilabel"])
def test_every_strategy_makes_folds_of_about_one_size(strategy: str) -> None:
    rows = make_rows(numbered_texts(100), [(i, i % 11) for i in range(100)])
    problem = problem_of(make_loaded(rows, target=["y", "z"]))
    names = ("y",) if strategy == "stratified" else ()
    folds = split(problem, choose(problem, strategy, names), seed=42)
    sizes = np.bincount(folds)
    assert sizes.shape == (5,)
    assert sizes.max() - sizes.min() <= 2


@pytest.mark.parametrize("strategy", ["group", "stratified-group", "multilabel"])
def test_strategies_for_groups_split_none(strategy: str) -> None:
    groups = [str(i // 3) for i in range(120)]
    loaded = make_loaded(make_rows(numbered_texts(120), range(120), groups=groups))
    problem = problem_of(loaded)
    folds = split(problem, choose(problem, strategy, ()), seed=42)
    pairs = set(zip(groups, folds.tolist(), strict=True))
    assert len(pairs) == len(set(groups))
