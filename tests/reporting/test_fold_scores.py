from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind

from foldwise.competition.metrics import Score
from foldwise.paths import Project
from foldwise.reporting.fold_scores import FoldScore, chance_of_spread, fold_scores
from foldwise.reporting.reported_run import read_runs


def fold(value: float, error: float | None, draws: int = 1000) -> FoldScore:
    return FoldScore(0, Score(value, error, draws), draws)


def drawn(rng: np.random.Generator, spread: float, draws: int) -> FoldScore:
    """A fold whose score is a mean, with the error that its own draws tell."""
    values = rng.normal(1.0, spread, size=draws)
    return fold(float(values.mean()), float(values.std(ddof=1) / draws**0.5), draws)


@pytest.mark.parametrize("draws", [4, 30])
def test_folds_that_differ_by_luck_alone_are_as_surprising_as_chance_says(draws: int) -> None:
    rng = np.random.default_rng(0)
    spreads = [1.0, 1.2, 0.9, 1.0, 1.1]
    chances = [chance_of_spread([drawn(rng, of, draws) for of in spreads]) for _ in range(3000)]
    # chances of luck are uniform: so many are below a level as the level says
    for level in (0.05, 0.5, 0.9):
        share = np.mean([c is not None and c < level for c in chances])
        assert share == pytest.approx(level, abs=0.03)


def test_of_two_folds_it_is_welch_s_t_test() -> None:
    rng = np.random.default_rng(1)
    parts = [rng.normal(1.0, 1.0, 5), rng.normal(1.5, 3.0, 9)]
    folds = [
        fold(float(part.mean()), float(part.std(ddof=1) / len(part) ** 0.5), len(part))
        for part in parts
    ]
    expected = ttest_ind(*parts, equal_var=False).pvalue
    assert chance_of_spread(folds) == pytest.approx(expected)


def test_folds_that_differ_far_beyond_their_noise_are_no_luck() -> None:
    chance = chance_of_spread([fold(1.0, 0.01), fold(1.1, 0.01)])
    assert chance is not None
    assert chance < 1e-6


def test_without_noise_or_with_one_fold_or_draw_nothing_is_said() -> None:
    assert chance_of_spread([fold(1.0, 0.1)]) is None
    assert chance_of_spread([fold(1.0, 0.1), fold(1.0, None)]) is None
    assert chance_of_spread([fold(1.0, 0.1), fold(1.0, 0.1, draws=1)]) is None


def test_a_fold_has_as_many_draws_as_rows(project: Project) -> None:
    (run,) = read_runs(project, ["words"])
    assert [of.draws for of in fold_scores(run)] == np.bincount(run.folds).tolist()


def test_a_fold_of_grouped_rows_has_as_many_draws_as_groups(project: Project) -> None:
    (run,) = read_runs(project, ["words"])
    groups = tuple(f"group {i % 4}" for i in range(len(run.loaded.train)))
    train = replace(run.loaded.train, groups=groups)
    grouped = replace(run, loaded=replace(run.loaded, train=train))
    assert {of.draws for of in fold_scores(grouped)} == {4}
