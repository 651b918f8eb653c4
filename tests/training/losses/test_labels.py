import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foldwise import settings
from foldwise.errors import DataError
from foldwise.training.losses.labels import Labels, labels_of

WEIGHTED = settings.Loss(weights="target_sd")
TARGETS = np.array([[1.0], [2.0], [3.0], [4.0]])
SD = np.array([0.0, 0.5, 1.0, 2.0])


def test_labels_are_in_single_precision_and_weightless_unless_asked_for() -> None:
    labels = labels_of(TARGETS, SD, settings.Loss())
    assert (labels.values.dtype, labels.values.shape) == (torch.float32, (4, 1))
    assert labels.sd is not None
    assert labels.sd.tolist() == SD.tolist()
    assert labels.weights is None
    assert labels_of(TARGETS, None, settings.Loss()).sd is None


def test_rows_that_raters_agree_on_count_more() -> None:
    weights = labels_of(TARGETS, SD, WEIGHTED).weights
    expected = 1 / (SD**2 + (SD**2).mean())
    assert weights is not None
    assert weights.tolist() == pytest.approx(expected / expected.mean())
    assert weights.tolist() == sorted(weights.tolist(), reverse=True)


def test_weights_are_one_on_average_over_the_rows_to_learn_from() -> None:
    learned = np.array([1, 3])
    weights = labels_of(TARGETS, SD, WEIGHTED, learned).weights
    usual = (SD[learned] ** 2).mean()
    expected = 1 / (SD**2 + usual)
    assert weights is not None
    assert weights.tolist() == pytest.approx(expected / expected[learned].mean())


@given(sd=arrays(np.float64, st.integers(1, 20), elements=st.floats(0, 1e200)))
def test_weights_of_any_noise_are_finite_and_one_on_average(sd: np.ndarray) -> None:
    targets = np.zeros((len(sd), 1))
    if sd.max() == 0:
        with pytest.raises(DataError, match="target_sd is 0 in all rows"):
            labels_of(targets, sd, WEIGHTED)
        return
    weights = labels_of(targets, sd, WEIGHTED).weights
    assert weights is not None
    assert torch.isfinite(weights).all()
    assert weights.mean().item() == pytest.approx(1.0, rel=1e-5)
    assert weights.max() <= 2 * len(sd)


def test_weights_without_noise_are_refused() -> None:
    with pytest.raises(DataError, match="there is none: name its column as target_sd"):
        labels_of(TARGETS, None, WEIGHTED)


def test_rows_are_taken_with_all_that_is_known_of_them() -> None:
    labels = labels_of(TARGETS, SD, WEIGHTED)
    some = labels.at(torch.tensor([2, 0])).to("cpu")
    assert labels.weights is not None
    assert some.sd is not None
    assert some.weights is not None
    assert some.values.tolist() == [[3.0], [1.0]]
    assert some.sd.tolist() == [1.0, 0.0]
    assert some.weights.tolist() == labels.weights[[2, 0]].tolist()
    assert Labels(labels.values).at(torch.tensor([1])).weights is None


def test_weights_multiply_the_losses_of_their_texts() -> None:
    losses = torch.tensor([1.0, 2.0])
    values = torch.zeros(2, 1)
    weighted = Labels(values, None, torch.tensor([0.5, 1.5])).weighted(losses)
    assert weighted.tolist() == [0.5, 3.0]
    assert torch.equal(Labels(values).weighted(losses), losses)
