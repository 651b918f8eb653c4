import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from foldwise.ensembling.confusion import count
from foldwise.reporting.calibration import BINS, calibration, class_figures, share_error

Floats = NDArray[np.float64]


def drawn(rows: int, seed: int) -> tuple[NDArray[np.int64], Floats]:
    """Truths and probabilities that are exactly what the truths were drawn with."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([1.0, 2.0, 1.0], size=rows)
    truth = (probabilities.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1)
    return truth.astype(np.int64), probabilities


def test_the_error_is_that_of_its_definition() -> None:
    truth, probabilities = drawn(500, seed=0)
    sure, guess = probabilities.max(axis=1), probabilities.argmax(axis=1)
    expected = 0.0
    for i in range(BINS):  # Guo et al. (2017), equation 3
        inside = (sure >= i / BINS) & (sure < (i + 1) / BINS)
        if inside.any():
            gap = abs((guess == truth)[inside].mean() - sure[inside].mean())
            expected += inside.mean() * gap
    found = calibration(truth, probabilities)
    assert found.error == pytest.approx(expected)
    assert sum(each.rows for each in found.bins) == 500


def test_what_luck_makes_of_the_error_is_what_calibrated_models_have() -> None:
    errors = [calibration(*drawn(400, seed)) for seed in range(200)]
    mean = np.mean([found.error for found in errors])
    assert np.mean([found.by_luck for found in errors]) == pytest.approx(mean, rel=0.06)


def test_a_sure_model_that_is_wrong_has_the_greatest_error() -> None:
    found = calibration(np.ones(10, np.int64), np.tile([1.0, 0.0], (10, 1)))
    assert (found.error, found.by_luck) == (1.0, 0.0)


def test_figures_of_labels_are_scikit_learn_s() -> None:
    rng = np.random.default_rng(3)
    truth, guess = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    found = class_figures(["a", "b", "c"], count(truth, guess, 3))
    expected = precision_recall_fscore_support(truth, guess)
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert [getattr(of, name) for of in found] == pytest.approx(values.tolist())


def test_a_label_that_is_never_given_has_no_precision() -> None:
    truth, guess = np.array([0, 0, 1]), np.array([0, 0, 0])
    found = class_figures(["a", "b"], count(truth, guess, 2))[1]
    assert (found.precision, found.recall, found.f1, found.support) == (None, 0.0, 0.0, 1)


def test_a_share_of_few_rows_is_never_certain() -> None:
    assert share_error(1.0, 1) == pytest.approx((3 / 5 * 2 / 5 / 5) ** 0.5)
    assert share_error(0.0, 1) == pytest.approx(share_error(1.0, 1))
    assert share_error(0.3, 100_000) == pytest.approx((0.3 * 0.7 / 100_000) ** 0.5, rel=1e-3)


@pytest.mark.parametrize("truth", [0.5, 0.9, 0.97])
def test_two_errors_around_the_share_of_four_more_rows_hold_the_truth(truth: float) -> None:
    rows = 20
    shares = np.random.default_rng(0).binomial(rows, truth, size=4000) / rows
    centres = (shares * rows + 2) / (rows + 4)
    errors = np.array([share_error(share, rows) for share in shares.tolist()])
    assert np.mean(np.abs(centres - truth) < 1.96 * errors) > 0.93
