import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.head import Head
from foldwise.modeling.layer_groups import check_groups
from foldwise.modeling.saving import load_model_weights, save_model
from tests.modeling.tiny_models import native_kernels

FORMS: dict[str, dict[str, Any]] = {
    "linear": {},
    "linear after a layer norm": {"norm": "layer"},
    "linear after a batch norm": {"norm": "batch"},
    "linear after an instance norm": {"norm": "instance"},
    "MLP": {"hidden": (7, 5), "norm": "layer", "activation": "tanh"},
    "ordinal": {"kind": "ordinal"},
    "ordinal MLP": {"kind": "ordinal", "hidden": (7,), "norm": "batch"},
}
every_form = pytest.mark.parametrize("fields", FORMS.values(), ids=FORMS)


def head_of(width: int = 4, outputs: int = 3, seed: int = 2, **fields: Any) -> Head:
    torch.manual_seed(seed)
    return Head(width, outputs, settings.Head(**fields))


def vectors(rows: int = 6, width: int = 4) -> Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(0)) * 3 + 1


def test_weights_start_small_and_the_bias_at_zero() -> None:
    head = head_of(1000, 20)
    assert head.linear.weight.detach().std().item() == pytest.approx(0.02, rel=0.05)
    assert (head.linear.bias == 0).all()


def test_weights_of_very_wide_vectors_start_smaller() -> None:
    # The outputs of 200,000 values at 0.02 each would start 9 around the bias.
    outputs = head_of(200_000, 8)(torch.randn(20, 200_000))
    assert outputs.std().item() == pytest.approx(2.0, rel=0.2)


def test_outputs_start_near_the_values_given() -> None:
    head = head_of()
    head.start_from(torch.tensor([-0.5, 0.0, 2.0]))
    torch.testing.assert_close(head(torch.zeros(1, 4))[0], torch.tensor([-0.5, 0.0, 2.0]))


def test_an_ordinal_head_starts_near_the_shares_given() -> None:
    shares = torch.tensor([0.2, 0.5, 0.3])
    head = head_of(kind="ordinal")
    head.start_from(shares.log() + 7)  # logarithms up to a constant
    torch.testing.assert_close(head(torch.zeros(1, 4))[0].exp(), shares)


@pytest.mark.parametrize("kind", ["linear", "ordinal"])
@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0, float("nan")], [1.0, 2.0, 3.0, 4.0]])
def test_a_start_that_does_not_fit_is_refused(kind: str, values: list[float]) -> None:
    message = re.escape(f"the head's outputs must start from 3 finite numbers, got {values}")
    with pytest.raises(ValueError, match=message):
        head_of(kind=kind).start_from(torch.tensor(values))


@every_form
def test_outputs_are_float32_under_autocast(fields: dict[str, Any]) -> None:
    head = head_of(**fields).eval()
    with native_kernels():
        expected = head(vectors().bfloat16().float())
        with torch.autocast("cpu", torch.bfloat16):
            outputs = head(vectors().bfloat16())
    assert outputs.dtype == torch.float32
    assert outputs.shape == (6, head.outputs)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=0)


def test_an_mlp_is_what_it_says() -> None:
    head = head_of(hidden=(7, 5), norm="layer", activation="relu")
    norm, (first, second) = head.norm, head.hidden
    assert isinstance(norm, nn.LayerNorm)
    hidden = torch.relu(second(torch.relu(first(norm(vectors())))))
    torch.testing.assert_close(head(vectors()), head.linear(hidden))


@every_form
def test_groups_are_a_partition_from_the_bottom_up(fields: dict[str, Any]) -> None:
    head = head_of(**fields)
    groups = head.layer_groups()
    check_groups(head, groups)
    layers = len(fields.get("hidden", ()))
    assert [group.name for group in groups] == (
        [f"head {i}" for i in range(layers + 1)] if layers else ["head"]
    )
    is_learned_norm = fields.get("norm") in ("layer", "batch")
    assert {"norm.weight", "norm.bias"} <= groups[0].named.keys() or not is_learned_norm
    assert "linear.weight" in groups[-1].named
    assert ("cuts.first" in groups[-1].named) == (fields.get("kind") == "ordinal")
    for i in range(layers):
        assert {f"hidden.{i}.weight", f"hidden.{i}.bias"} <= groups[i].named.keys()


@every_form
def test_every_parameter_learns(fields: dict[str, Any]) -> None:
    head = head_of(**fields).train()
    head(vectors()).square().sum().backward()
    gradients = {name: p.grad for name, p in head.named_parameters()}
    assert [n for n, grad in gradients.items() if grad is None or not grad.any()] == []


@every_form
def test_a_head_read_back_gives_the_same_outputs(fields: dict[str, Any], tmp_path: Path) -> None:
    head, other = head_of(**fields).train(), head_of(seed=9, **fields)
    head(vectors())  # a batch norm counts what it has seen
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.add_(0.1)
    save_model(tmp_path / "m", head.eval())
    load_model_weights(other, tmp_path / "m")
    torch.testing.assert_close(other.eval()(vectors()), head(vectors()), rtol=0, atol=0)


def test_each_norm_is_over_what_it_says() -> None:
    inputs = vectors(50)
    seen: dict[str, Tensor] = {}
    for kind in ("layer", "batch", "instance"):
        head = head_of(norm=kind).train()
        assert head.norm is not None
        seen[kind] = head.norm(inputs)
    by_text = (inputs - inputs.mean(1, keepdim=True)) / inputs.std(1, correction=0, keepdim=True)
    by_value = (inputs - inputs.mean(0)) / inputs.std(0, correction=0)
    for kind, expected in (("layer", by_text), ("batch", by_value), ("instance", by_text)):
        torch.testing.assert_close(seen[kind], expected, rtol=1e-3, atol=1e-3)
    assert not list(head_of(norm="instance").norm.parameters())  # type: ignore[union-attr]  # set


def test_a_batch_norm_cannot_train_on_one_text() -> None:
    head = head_of(norm="batch")
    message = re.escape(
        "head.norm='batch' compares the texts of a micro-batch, and here is one of 1; raise "
        "training.micro_batch_tokens or training.batch_size"
    )
    with pytest.raises(UsageError, match=message):
        head.train()(vectors(1))
    assert head.eval()(vectors(1)).isfinite().all()


def test_dropout_works_in_training_only() -> None:
    head = head_of(64, 1, dropout=0.5)
    ones = torch.ones(1, 64)
    assert len({head.train()(ones).item() for _ in range(5)}) > 1
    assert len({head.eval()(ones).item() for _ in range(5)}) == 1


def test_several_dropouts_give_the_mean_of_their_outputs() -> None:
    head = head_of(dropout=0.5, dropout_samples=4).train()
    torch.manual_seed(7)
    outputs = head(vectors())
    torch.manual_seed(7)
    each = [head.linear(nn.functional.dropout(vectors(), 0.5)) for _ in range(4)]
    torch.testing.assert_close(outputs, torch.stack(each).mean(dim=0))
    torch.testing.assert_close(head.eval()(vectors()), head.linear(vectors()), rtol=0, atol=0)
