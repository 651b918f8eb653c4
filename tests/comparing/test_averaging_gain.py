"""What averaging gains: exactly what the mean's score is better by, where that is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.comparing.averaging_gain import averaging_gains
from foldwise.competition.metrics import METRICS
from foldwise.predictions.table import Predictions
from tests.comparing.tiny_sides import Floats, names

ROWS = 400


def tables(values: Floats) -> list[Predictions]:
    outputs = tuple(f"o{i}" for i in range(values.shape[2]))
    return [Predictions(names(len(of)), outputs, of) for of in values]


def models(seed: int, count: int = 4, spread: float = 0.5) -> tuple[Floats, Floats]:
    """Targets (rows, 1), and models (count, rows, 1) that err alike and each by itself."""
    rng = np.random.default_rng(seed)
    targets = rng.normal(size=(ROWS, 1))
    own = spread * rng.normal(size=(count, ROWS, 1))
    return targets, 0.7 * targets + 0.4 * rng.normal(size=(ROWS, 1)) + own


@given(st.integers(0, 10_000), st.integers(2, 8), st.floats(0, 3))
def test_the_mean_of_models_has_exactly_the_squared_error_that_is_foretold(
    seed: int, count: int, spread: float
) -> None:
    targets, values = models(seed, count, spread)
    error = float(np.mean([METRICS["mse"].function(targets, of) for of in values]))
    scores = {"mse": error, "rmse": error**0.5, "r2": 1 - error / float(targets.var())}
    gains = averaging_gains(scores, tables(values))
    for name, sign in (("mse", -1), ("rmse", -1), ("r2", 1)):
        gain = gains[name]
        assert gain is not None
        mean = METRICS[name].function(targets, values.mean(axis=0))
        assert scores[name] + sign * gain == pytest.approx(mean, abs=1e-9)


def test_a_correlation_gains_what_models_that_correlate_alike_foretell() -> None:
    targets, values = models(3)
    single = float(np.mean([METRICS["pearson"].function(targets, of) for of in values]))
    gain = averaging_gains({"pearson": single}, tables(values))["pearson"]
    assert gain is not None
    assert gain > 0.02
    mean = METRICS["pearson"].function(targets, values.mean(axis=0))
    assert single + gain == pytest.approx(mean, abs=0.002)


def test_a_correlation_gains_what_sets_its_models_apart() -> None:
    targets, values = models(9, count=2)
    values[1] = 0.1 * values[1] - 0.5  # of another scale and level: out of fold that blurs
    pearson, foretold = METRICS["pearson"], list[float]()
    in_order = np.argsort(targets, axis=0).argsort(axis=0)  # so that both folds are alike
    for fold in (0, 1):
        out_of_fold = pearson.function(
            targets, np.where(in_order % 2 == fold, values[0], values[1])
        )
        gain = averaging_gains({"pearson": out_of_fold}, tables(values))["pearson"]
        assert gain is not None
        assert gain > 0.2
        foretold.append(out_of_fold + gain)
    mean = pearson.function(targets, values.mean(axis=0))
    assert np.mean(foretold) == pytest.approx(mean, abs=0.005)


def test_the_log_loss_gains_what_true_probabilities_foretell() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(size=(1, 20_000, 3)) + 0.8 * rng.normal(size=(5, 20_000, 3))
    values = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    mean = values.mean(axis=0)
    labels = (rng.random((20_000, 1)) > mean.cumsum(axis=1)).sum(axis=1, keepdims=True)
    metric = METRICS["log_loss"]
    targets = labels.astype(np.float64)
    single = float(np.mean([metric.function(targets, of) for of in values]))
    gain = averaging_gains({"log_loss": single}, tables(values))["log_loss"]
    assert gain is not None
    assert single - gain == pytest.approx(metric.function(targets, mean), abs=0.005)


def test_models_that_agree_gain_nothing() -> None:
    targets, values = models(5, spread=0.0)
    scores = {name: METRICS[name].function(targets, values[0]) for name in ("rmse", "pearson")}
    gains = averaging_gains(scores, tables(values))
    assert gains == {"rmse": pytest.approx(0, abs=1e-12), "pearson": pytest.approx(0, abs=1e-12)}


def test_of_ranks_labels_and_several_targets_nothing_is_told() -> None:
    rng = np.random.default_rng(6)
    two = tables(rng.random((3, 20, 2)))
    gains = averaging_gains({"accuracy": 0.5, "spearman": 0.5, "mcrmse": 1.0, "pearson": 0.5}, two)
    assert set(gains.values()) == {None}


def test_predictions_that_are_all_equal_have_no_correlation_to_gain() -> None:
    equal = tables(np.ones((3, 20, 1)))
    assert averaging_gains({"pearson": 0.0}, equal) == {"pearson": None}


def test_models_are_aligned_by_id() -> None:
    _, values = models(7)
    whole = tables(values)
    order = np.random.default_rng(8).permutation(ROWS)
    mixed = [whole[0].aligned_to([whole[0].ids[i] for i in order], "the test"), *whole[1:]]
    assert averaging_gains({"rmse": 1.0}, mixed) == pytest.approx(
        averaging_gains({"rmse": 1.0}, whole)
    )
