import re
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from foldwise.competition.competition import Task
from foldwise.errors import DataError
from foldwise.modeling.link import Link
from foldwise.modeling.saving import load_model_weights, save_model
from foldwise.settings.combinations import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from foldwise.settings.objective import LossKind

TARGETS = torch.tensor([[1.0, -20.0], [2.5, 10.0], [5.0, 10.0], [1.5, 40.0]], dtype=torch.float64)
CASES: list[tuple[Any, Task]] = [
    *((kind, "regression") for kind in ("auto", *REGRESSION_LOSSES)),
    *((kind, "classification") for kind in ("auto", *CLASSIFICATION_LOSSES)),
]


def test_every_loss_has_a_link() -> None:
    assert {kind for kind, _ in CASES} == set(get_args(LossKind))


@pytest.mark.parametrize(("kind", "task"), CASES)
def test_an_untrained_model_predicts_the_average(kind: LossKind, task: Task) -> None:
    is_classes = task == "classification"
    targets = torch.tensor([[0.0], [2.0], [2.0], [1.0]]) if is_classes else TARGETS
    link = Link(kind, task, 3 if is_classes else 2)
    raw = link.start_from(targets)
    assert raw.shape == (link.raw_outputs,)
    predicted = link.predictions(raw[None].float())
    assert predicted.dtype == torch.float64
    # (1 + 1) / (4 + 3): no share is 0, though a class may be absent
    expected = torch.tensor([2 / 7, 2 / 7, 3 / 7]).double() if is_classes else TARGETS.mean(dim=0)
    torch.testing.assert_close(predicted[0], expected, rtol=1e-5, atol=1e-5)


def test_only_models_that_say_how_sure_they_are_have_more_outputs() -> None:
    raw = {kind: Link(kind, "regression", 2).raw_outputs for kind in REGRESSION_LOSSES}  # type: ignore[arg-type]  # their names
    assert {kind for kind, count in raw.items() if count == 4} == {"gaussian", "kl"}
    assert set(raw.values()) == {2, 4}


def test_variances_start_from_the_targets_and_are_no_predictions() -> None:
    link = Link("gaussian", "regression", 2)
    raw = link.start_from(TARGETS)
    torch.testing.assert_close(raw[2:].exp(), TARGETS.var(dim=0, correction=0))
    changed = raw.clone()
    changed[2:] += 9
    assert torch.equal(link.predictions(changed[None]), link.predictions(raw[None]))


def bounded(raw: Tensor) -> Tensor:
    link = Link("bce", "regression", 2)
    link.start_from(TARGETS)
    return link.predictions(raw)


def test_bounded_predictions_stay_between_the_targets_and_reach_them() -> None:
    predicted = bounded(torch.tensor([[-1e4, 0.0], [1e4, -1e4], [0.0, 1e4]]))
    expected = torch.tensor([[1.0, 10.0], [5.0, -20.0], [3.0, 40.0]]).double()
    torch.testing.assert_close(predicted, expected)


def test_bounds_are_saved_with_the_weights(tmp_path: Path) -> None:
    link, other = (Link("bce", "regression", 2) for _ in range(2))
    link.start_from(TARGETS)
    save_model(tmp_path / "m", link)
    load_model_weights(other, tmp_path / "m")
    assert other.low.tolist() == [1.0, -20.0]
    assert other.high.tolist() == [5.0, 40.0]
    raw = torch.randn(5, 2)
    assert torch.equal(other.predictions(raw), link.predictions(raw))


@pytest.mark.parametrize("kind", ["auto", "gaussian", "ranking"])
def test_other_links_have_nothing_to_save(kind: LossKind) -> None:
    assert Link(kind, "regression", 2).state_dict() == {}


def test_values_are_what_the_head_says() -> None:
    raw = torch.randn(5, 2)
    assert torch.equal(Link("huber", "regression", 2).predictions(raw), raw.double())


def test_probabilities_sum_to_one_and_keep_log_probabilities() -> None:
    link = Link("ordinal", "classification", 3)
    probabilities = link.predictions(torch.tensor([[900.0, -900.0, 0.0], [1.0, 2.0, 3.0]]))
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(2).double())
    # an ordinal head's outputs are logarithms of probabilities already
    shares = torch.tensor([[0.2, 0.5, 0.3]])
    torch.testing.assert_close(link.predictions(shares.log()), shares.double(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["bce", "gaussian", "kl"])
def test_a_constant_target_is_refused_where_its_spread_matters(kind: LossKind) -> None:
    targets = TARGETS.clone()
    targets[:, 1] = 7
    message = re.escape(
        f"loss.kind='{kind}' needs targets that differ, but number 2 is the same in all 4 training "
        "rows; choose loss.kind='mse'"
    )
    with pytest.raises(DataError, match=message):
        Link(kind, "regression", 2).start_from(targets)
    assert Link("mse", "regression", 2).start_from(targets)[1] == 7


def test_another_number_of_raw_outputs_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape("expected 4 raw outputs, got (5, 2)")):
        Link("kl", "regression", 2).predictions(torch.zeros(5, 2))


def test_an_unknown_loss_is_refused() -> None:
    unknown: Any = "mae"
    with pytest.raises(ValueError, match=r"the loss must be one of .*, got 'mae'"):
        Link(unknown, "regression", 1)
