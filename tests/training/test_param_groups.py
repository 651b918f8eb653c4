import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import backward
from torch.optim import AdamW

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.model import TextModel, build_model
from foldwise.settings import Optimizer, Rates, Settings
from foldwise.training.param_groups import (
    adamw,
    load_named_state,
    named_state,
    param_groups,
)
from foldwise.training.stages import learn_only
from tests.tiny_encoders import FAMILIES, Family, make_tiny_encoder


def tiny_model(folder: Path, family: Family = "bert", layers: int = 2) -> TextModel:
    make_tiny_encoder(folder / family, family, layers=layers)
    chosen = Settings(competition="any", pooling=settings.Pooling(kind="attention", hidden=8))
    torch.manual_seed(0)  # of pooling and head
    return build_model(folder / family, chosen, outputs=1, task="regression")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_trainable_parameter_is_in_exactly_one_group(tmp_path: Path, family: Family) -> None:
    model = tiny_model(tmp_path, family)
    learn_only(model, [g.name for g in model.layer_groups()][1:])

    groups = param_groups(model, settings.Rates(embeddings=0.0, decay=0.9), weight_decay=0.01)

    grouped = [id(p) for group in groups for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in model.parameters() if p.requires_grad)
    # torch reads "weight_decay"; any other spelling would be ignored in silence
    assert all({"params", "lr", "weight_decay"} == group.keys() for group in groups)


def test_biases_and_norms_are_not_decayed_and_matrices_are(tmp_path: Path) -> None:
    model = tiny_model(tmp_path)

    for group in param_groups(model, settings.Rates(), weight_decay=0.01):
        dimensions = {p.ndim > 1 for p in group["params"]}
        assert dimensions == {group["weight_decay"] == 0.01}


def test_groups_of_equal_rate_and_decay_are_merged(tmp_path: Path) -> None:
    model = tiny_model(tmp_path, layers=4)

    same = param_groups(model, settings.Rates(decay=1.0), weight_decay=0.01)
    different = param_groups(model, settings.Rates(decay=0.9), weight_decay=0.01)

    assert len(same) == 4  # encoder and head, each with and without decay
    assert len(different) == 2 * (1 + 4 + 1)  # embeddings, four layers, pooling with head


def test_a_parameter_outside_of_all_groups_is_named(tmp_path: Path) -> None:
    model = tiny_model(tmp_path)
    model.forgotten = nn.Linear(2, 2)

    with pytest.raises(ValueError, match=r"'forgotten.weight' is in 0 optimizer groups"):
        param_groups(model, settings.Rates(), weight_decay=0.01)


@pytest.mark.parametrize("bias_correction", [True, False])
def test_the_optimizer_state_survives_by_name(tmp_path: Path, bias_correction: bool) -> None:
    model, chosen = tiny_model(tmp_path), Optimizer(bias_correction=bias_correction)
    optimizer = adamw(model, Rates(), chosen)
    take_step(model, optimizer)
    fresh = adamw(model, Rates(), chosen)

    load_named_state(model, fresh, named_state(model, optimizer))

    for parameter in model.parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            assert torch.equal(fresh.state[parameter][key], value)
    assert fresh.state.keys() == optimizer.state.keys()


def test_only_what_requires_a_gradient_now_is_optimized(tmp_path: Path) -> None:
    model = tiny_model(tmp_path)
    learn_only(model, ["pooling", "head"])

    optimizer = adamw(model, Rates(), Optimizer())

    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert held == {id(p) for p in [*model.pooling.parameters(), *model.head.parameters()]}


def test_a_model_that_is_frozen_altogether_is_refused(tmp_path: Path) -> None:
    model = tiny_model(tmp_path)
    learn_only(model, [])

    with pytest.raises(UsageError, match="nothing would learn: no parameter of the model"):
        adamw(model, Rates(), Optimizer())


CHOSEN = Optimizer(weight_decay=0.1, beta1=0.8, beta2=0.95, epsilon=1e-6)
RATES = Rates(head=3e-2, top=1e-2, decay=0.5)
STEPS = 20


def take_step(model: TextModel, optimizer: AdamW) -> None:
    ids = torch.tensor([[2, 7, 8, 3]])
    model(ids, torch.ones_like(ids)).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()


def losses_of(model: TextModel) -> Iterator[Tensor]:
    """A loss whose gradient depends on the weights, and differs from step to step."""
    for step in range(STEPS):
        yield torch.stack([(p - math.sin(step)).square().mean() for p in model.parameters()]).sum()


def plain_adamw(model: TextModel, corrected: bool) -> dict[str, Tensor]:
    """The weights after `STEPS` steps of AdamW as the paper writes it, in double precision."""
    model = model.double()
    peaks = {id(p): group for group in param_groups(model, RATES, 0.1) for p in group["params"]}
    first = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    second = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    b1, b2 = CHOSEN.beta1, CHOSEN.beta2
    for step, loss in enumerate(losses_of(model), start=1):
        backward(loss)
        with torch.no_grad():
            for name, p in model.named_parameters():
                assert p.grad is not None
                group = peaks[id(p)]
                first[name] = b1 * first[name] + (1 - b1) * p.grad
                second[name] = b2 * second[name] + (1 - b2) * p.grad**2
                mean = first[name] / (1 - b1**step if corrected else 1)
                square = second[name] / (1 - b2**step if corrected else 1)
                p.sub_(group["lr"] * group["weight_decay"] * p)
                p.sub_(group["lr"] * mean / (square.sqrt() + CHOSEN.epsilon))
                p.grad = None
    return dict(model.named_parameters())


def trained(model: TextModel, optimizer: AdamW) -> dict[str, Tensor]:
    for loss in losses_of(model):
        backward(loss)
        optimizer.step()
        optimizer.zero_grad()
    return dict(model.named_parameters())


@pytest.mark.parametrize("bias_correction", [True, False])
def test_the_optimizer_is_adamw_with_or_without_the_bias_correction(
    tmp_path: Path, bias_correction: bool
) -> None:
    chosen = CHOSEN.model_copy(update={"bias_correction": bias_correction})
    model = tiny_model(tmp_path)
    start = {name: p.detach().clone() for name, p in model.named_parameters()}
    ours = trained(model, adamw(model, RATES, chosen))

    expected = plain_adamw(tiny_model(tmp_path), bias_correction)
    for name, parameter in expected.items():
        assert not torch.equal(ours[name], start[name])
        torch.testing.assert_close(ours[name], parameter.float(), rtol=1e-4, atol=1e-6, msg=name)


def test_with_the_bias_correction_it_is_torch_s_to_the_bit(tmp_path: Path) -> None:
    model, other = tiny_model(tmp_path), tiny_model(tmp_path)
    theirs = AdamW(param_groups(other, RATES, 0.1), betas=(0.8, 0.95), eps=1e-6, fused=True)

    ours = trained(model, adamw(model, RATES, CHOSEN))

    for name, parameter in trained(other, theirs).items():
        assert torch.equal(ours[name], parameter)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.99, 0.99999)])
def test_the_first_step_without_the_correction_is_not_corrected_at_all(
    tmp_path: Path, beta1: float, beta2: float
) -> None:
    model = tiny_model(tmp_path)
    before = model.head.linear.weight.detach().clone()
    chosen = Optimizer(
        bias_correction=False, beta1=beta1, beta2=beta2, weight_decay=0.0, epsilon=1e-20
    )
    take_step(model, adamw(model, Rates(head=1e-3), chosen))

    # mean (1 - b1) g over root of (1 - b2) g^2; with the correction it would be 1
    size = (model.head.linear.weight - before).abs() / 1e-3
    expected = (1 - beta1) / math.sqrt(1 - beta2)
    torch.testing.assert_close(size, torch.full_like(size, expected), rtol=1e-3, atol=0)
