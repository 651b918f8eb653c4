import numpy as np
import pytest

from foldwise.competition.metrics import Score
from foldwise.reporting.fold_scores import chance_of_spread


def test_folds_that_differ_by_luck_alone_are_as_surprising_as_chance_says() -> None:
    rng = np.random.default_rng(0)
    errors = [0.01, 0.02, 0.03, 0.02]
    chances = [
        chance_of_spread([Score(rng.normal(1.0, e), e, 100) for e in errors]) for _ in range(2000)
    ]
    # chances of luck are uniform: so many are below a level as the level says
    for level in (0.05, 0.5, 0.9):
        assert np.mean([c is not None and c < level for c in chances]) == pytest.approx(
            level, abs=0.035
        )


def test_folds_that_differ_far_beyond_their_noise_are_no_luck() -> None:
    chance = chance_of_spread([Score(1.0, 0.01, 9), Score(1.1, 0.01, 9)])
    assert chance is not None
    assert chance < 1e-6


def test_without_noise_or_with_one_fold_nothing_is_said() -> None:
    assert chance_of_spread([Score(1.0, 0.1, 9)]) is None
    assert chance_of_spread([Score(1.0, 0.1, 9), Score(1.0, None, 1)]) is None
