import pytest
import torch
from torch import Tensor

from foldwise.settings import Averaging
from foldwise.training.averaging import Average, average_of


def weights_at(step: int) -> dict[str, Tensor]:
    return {"w": torch.tensor([float(step), 2.0 * step]), "count": torch.tensor(step)}


def updated(average: Average, steps: int) -> Average:
    for step in range(1, steps + 1):
        average.update(weights_at(step), step)
    return average


def test_ema_is_the_plain_recursion_with_a_shorter_memory_early_on() -> None:
    average = updated(Average(Averaging(kind="ema", decay=0.9), begins=1), 200)

    expected = 1.0
    for count, step in enumerate(range(2, 201), start=2):
        decay = min(0.9, (1 + count) / (10 + count))
        expected = decay * expected + (1 - decay) * step
    assert average.weights["w"][0].item() == pytest.approx(expected, rel=1e-5)
    # what counts is copied, not averaged
    assert average.weights["count"].item() == 200


def test_swa_is_the_mean_over_every_few_steps_from_its_start() -> None:
    chosen = Averaging(kind="swa", start=0.5, every=10)
    average = average_of(chosen, steps=100)
    assert average is not None
    assert average.weights == {}

    updated(average, 100)

    steps = [51, 61, 71, 81, 91]
    assert average.count == len(steps)
    assert average.weights["w"][0].item() == pytest.approx(sum(steps) / len(steps))


def test_weights_of_swa_are_the_model_s_own_before_its_start() -> None:
    average = average_of(Averaging(kind="swa", start=0.9), steps=100)
    assert average is not None
    model = weights_at(7)
    with average.applied(model):
        assert model["w"][0] == 7.0


def test_the_average_is_in_the_model_only_while_applied() -> None:
    average = updated(Average(Averaging(kind="swa", start=0.0, every=1), begins=1), 3)
    model = {"w": torch.tensor([9.0, 9.0]), "count": torch.tensor(9)}

    with average.applied(model):
        assert model["w"].tolist() == [2.0, 4.0]
    assert model["w"].tolist() == [9.0, 9.0]
    assert model["count"].item() == 9


def test_constant_weights_are_their_own_average() -> None:
    for kind in ("ema", "swa"):
        average = Average(Averaging(kind=kind, start=0.0, every=1), begins=1)
        if kind == "ema":
            average = Average(Averaging(kind="ema"), begins=1)
        for step in range(1, 30):
            average.update({"w": torch.tensor([0.3])}, step)
        assert average.weights["w"].item() == pytest.approx(0.3)


def test_no_average_is_made_unless_asked_for() -> None:
    assert average_of(Averaging(), steps=10) is None
