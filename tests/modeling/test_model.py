import json
import re
import shutil
from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.dropout import FIELDS
from foldwise.modeling.layer_groups import LayerGroup, check_groups
from foldwise.modeling.link import Link
from foldwise.modeling.model import TextModel, build_model
from foldwise.modeling.structure import _leaves
from tests.modeling.tiny_models import (
    COMMONLIT,
    POOLINGS,
    experiment,
    native_kernels,
    text_alone,
    tiny_batch,
    tiny_model,
)

LENGTHS = [9, 1, 4, 2]
every_pooling = pytest.mark.parametrize("pooling", POOLINGS.values(), ids=POOLINGS)
HEADS = {
    "linear": settings.Head(),
    "MLP": settings.Head(hidden=(6, 5), norm="layer", dropout=0.2, dropout_samples=3),
    "ordinal": settings.Head(kind="ordinal", norm="instance"),
    "batch norm": settings.Head(norm="batch"),
}
every_head = pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)


@every_pooling
def test_padding_never_changes_a_prediction(folder: Path, pooling: settings.Pooling) -> None:
    model = tiny_model(folder, pooling)
    batch = tiny_batch(folder, LENGTHS)
    together = model(*batch)
    for row in range(len(LENGTHS)):
        alone = model(*text_alone(batch, row))[0]
        torch.testing.assert_close(together[row], alone, rtol=0, atol=1e-5)


def test_the_comparison_above_would_notice_padding_that_counts(folder: Path) -> None:
    model = tiny_model(folder)
    batch = tiny_batch(folder, LENGTHS)
    unmasked = model(batch.input_ids, torch.ones_like(batch.attention_mask))
    assert (unmasked - model(*batch))[1:].abs().max() > 1e-4


@every_pooling
def test_groups_are_a_partition_from_the_bottom_up(folder: Path, pooling: settings.Pooling) -> None:
    model = tiny_model(folder, pooling)
    pooled = ["pooling"] if list(model.pooling.parameters()) else []
    names = [group.name for group in model.layer_groups()]
    assert names == ["embeddings", "layer 0", "layer 1", *pooled, "head"]
    listed = {name: p for group in model.layer_groups() for name, p in group.named.items()}
    assert listed.keys() == dict(model.named_parameters()).keys()
    assert all(listed[name] is parameter for name, parameter in model.named_parameters())


@every_head
def test_heads_have_groups_of_their_own(bert: Path, head: settings.Head) -> None:
    model = tiny_model(bert, COMMONLIT, head=head, task="classification")
    below = ["embeddings", "layer 0", "layer 1", "pooling"]
    heads = ["head 0", "head 1", "head 2"] if head.hidden else ["head"]
    assert [group.name for group in model.layer_groups()] == [*below, *heads]
    for group in model.layer_groups()[4:]:
        assert all(name.startswith("head.") for name in group.named)


def test_settings_of_layers_are_the_pooling_group(bert: Path) -> None:
    pooling = settings.Pooling(layers=2, combine="weighted", bottleneck=4)
    groups = {group.name: group for group in tiny_model(bert, pooling).layer_groups()}
    assert groups["pooling"].named.keys() == {
        "pooling.layer_mean.scores",
        "pooling.bottleneck.weight",
        "pooling.bottleneck.bias",
    }


class Forgetful(TextModel):
    def layer_groups(self) -> list[LayerGroup]:
        return super().layer_groups()[:-1]


def test_a_forgotten_group_is_named(bert: Path) -> None:
    made = tiny_model(bert)
    forgetful = Forgetful(made.encoder, made.pooling, made.head, made.link)
    with pytest.raises(ValueError, match=re.escape("parameter 'head.linear.bias' is in 0 layer")):
        check_groups(forgetful, forgetful.layer_groups())


def test_a_training_step_changes_every_trainable_parameter(folder: Path) -> None:
    model = tiny_model(folder, COMMONLIT).train()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01)
    model(*tiny_batch(folder, LENGTHS)).square().sum().backward()
    without = [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None]
    assert without == []
    optimizer.step()
    # Biases and norms of the encoder too; only what no output depends on stays.
    unchanged = {n for n, p in model.named_parameters() if torch.equal(p.detach(), before[n])}
    assert unchanged == {f"encoder.backbone.{name}" for name in model.encoder.unused}


def test_the_heads_initialisation_survives(folder: Path) -> None:
    torch.manual_seed(5)
    model = build_model(folder, experiment(), 500, "classification")
    assert model.head.linear.weight.detach().std().item() == pytest.approx(0.02, rel=0.05)
    assert (model.head.linear.bias == 0).all()
    torch.manual_seed(5)
    again = build_model(folder, experiment(), 500, "classification")
    assert torch.equal(model.head.linear.weight, again.head.linear.weight)


@pytest.mark.parametrize("kind", ["auto", "bce", "gaussian"])
def test_predictions_start_near_the_means_of_the_targets(
    bert: Path, kind: Literal["auto", "bce", "gaussian"]
) -> None:
    model = tiny_model(bert, loss=settings.Loss(kind=kind), outputs=2)
    model.start_from(torch.tensor([[-2.0, 6.0], [0.0, 6.2], [-1.0, 8.0]]))
    predicted = model.predictions(model(*tiny_batch(bert, LENGTHS)))
    expected = torch.tensor([-1.0, 6.733]).double().expand_as(predicted)
    torch.testing.assert_close(predicted, expected, rtol=0, atol=0.5)


@pytest.mark.parametrize("head", [HEADS["linear"], HEADS["ordinal"]])
def test_predictions_start_near_the_shares_of_the_classes(bert: Path, head: settings.Head) -> None:
    model = tiny_model(bert, head=head, task="classification")
    model.start_from(torch.tensor([[0.0]] * 59 + [[1.0]] * 29 + [[2.0]] * 9))
    predicted = model.predictions(model(*tiny_batch(bert, LENGTHS)))
    expected = torch.tensor([0.6, 0.3, 0.1]).double().expand_as(predicted)
    torch.testing.assert_close(predicted, expected, rtol=0, atol=0.12)


@every_pooling
def test_states_can_be_computed_once_and_used_again(
    folder: Path, pooling: settings.Pooling
) -> None:
    model = tiny_model(folder, pooling)
    batch = tiny_batch(folder, LENGTHS)
    states = model.states(*batch)
    assert [state.shape for state in states] == [(4, 9, 16)] * pooling.layers
    outputs = model.outputs_of(states, batch.attention_mask)
    torch.testing.assert_close(outputs, model(*batch), rtol=0, atol=0)
    # Nothing that pooling or head learn is in them.
    learned = {
        id(p) for g in model.layer_groups() if g.name in ("pooling", "head") for p in g.parameters()
    }
    assert not learned & _leaves(torch.cat(states, dim=-1))


def test_loss_and_head_must_agree_on_the_outputs(bert: Path) -> None:
    made = tiny_model(bert, outputs=2)
    link = Link("gaussian", "regression", 2)
    with pytest.raises(ValueError, match="the head must give 4 raw outputs, it gives 2"):
        TextModel(made.encoder, made.pooling, made.head, link)


def test_what_is_pooled_can_be_seen(bert: Path) -> None:
    model = tiny_model(bert, settings.Pooling(bottleneck=5))
    batch = tiny_batch(bert, LENGTHS)
    hidden, weights = model.hidden(*batch), model.token_weights(*batch)
    assert hidden.shape == (4, 9, 5)
    vectors = torch.einsum("xt,xtw->xw", weights, hidden)
    torch.testing.assert_close(model.head(vectors), model(*batch), rtol=0, atol=1e-5)


def test_tokens_of_other_poolings_have_no_weights(bert: Path) -> None:
    message = re.escape("where pooling.kind is 'mean', 'first' or 'attention', but this model has")
    with pytest.raises(UsageError, match=message):
        tiny_model(bert, settings.Pooling(kind="max")).token_weights(*tiny_batch(bert, [3]))


def test_the_commonlit_regressor_is_what_it_says(bert: Path) -> None:
    model = tiny_model(bert, COMMONLIT, outputs=1)
    batch = tiny_batch(bert, LENGTHS)
    hidden = torch.cat(model.encoder(*batch, last_layers=2), dim=-1)
    weights = model.token_weights(*batch)
    # The weighted mean and the first token's vector over both layers, side by side, then linear.
    vectors = torch.cat([torch.einsum("xt,xtw->xw", weights, hidden), hidden[:, 0]], dim=-1)
    expected = nn.functional.linear(vectors, model.head.linear.weight, model.head.linear.bias)
    torch.testing.assert_close(model(*batch), expected, rtol=0, atol=1e-5)
    assert model.head.linear.in_features == 4 * 16


@every_pooling
def test_outputs_are_float32_under_autocast(bert: Path, pooling: settings.Pooling) -> None:
    model = tiny_model(bert, pooling)
    batch = tiny_batch(bert, LENGTHS)
    with native_kernels(), torch.autocast("cpu", torch.bfloat16):
        outputs = model(*batch)
    assert outputs.dtype == torch.float32
    assert outputs.shape == (4, 3)
    torch.testing.assert_close(outputs, model(*batch), rtol=0, atol=0.05)


def test_frozen_groups_neither_learn_nor_keep_a_graph(folder: Path) -> None:
    model = tiny_model(folder).train()
    for group in model.layer_groups()[:2]:
        for parameter in group.parameters():
            parameter.requires_grad_(False)
    keeps_graph: dict[int, bool] = {}

    def note(number: int, output: Tensor | tuple[Tensor, ...]) -> None:
        state = output if isinstance(output, Tensor) else output[0]
        keeps_graph[number] = state.requires_grad

    for i, layer in enumerate(model.encoder.layers()):
        layer.register_forward_hook(lambda _module, _args, output, i=i: note(i, output))
    model(*tiny_batch(folder, LENGTHS)).sum().backward()
    assert keeps_graph == {0: False, 1: True}
    groups = {group.name: group for group in model.layer_groups()}
    assert all(p.grad is None for p in groups["embeddings"].parameters())
    assert all(p.grad is not None for p in groups["layer 1"].parameters())


def dropouts(model: TextModel) -> set[float]:
    return {m.p for m in model.encoder.modules() if isinstance(m, nn.Dropout)}


def test_automatic_dropout_is_none_in_regression_and_else_the_encoders_own(folder: Path) -> None:
    assert dropouts(tiny_model(folder, task="regression")) == {0.0}
    assert dropouts(tiny_model(folder, task="classification")) == {0.1}


def test_dropout_that_is_set_counts_in_both_tasks(bert: Path) -> None:
    chosen = experiment(encoder=settings.Encoder(dropout=0.2), head=settings.Head(dropout=0.4))
    model = build_model(bert, chosen, 1, "regression")
    assert dropouts(model) == {0.2}
    assert model.head.dropout.p == 0.4


def without_own_dropout(folder: Path, copy: Path) -> Path:
    """A copy of the encoder in `folder` whose config drops nothing, as ModernBERT's does not."""
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    for name in FIELDS:
        if name in config:
            config[name] = 0.0
    (copy / "config.json").write_text(json.dumps(config))
    return copy


def test_r_drop_needs_an_encoder_with_dropout_of_its_own_or_some_other(
    folder: Path, tmp_path: Path
) -> None:
    def with_r_drop(**changed: settings.Section) -> settings.Settings:
        return experiment().model_copy(
            update={"regularization": settings.Regularization(r_drop=1.0), **changed}
        )

    build_model(folder, with_r_drop(), 3, "classification")
    copy = without_own_dropout(folder, tmp_path / "encoder")
    message = re.escape(f"in {copy} has none of its own: set head.dropout or encoder.dropout above")
    with pytest.raises(UsageError, match=message):
        build_model(copy, with_r_drop(), 3, "classification")
    build_model(copy, experiment(), 3, "classification")
    build_model(copy, with_r_drop(), 3, "classification", pretrained=False)  # only to predict
    for changed in (
        {"head": settings.Head(dropout=0.1)},
        {"encoder": settings.Encoder(dropout=0.1)},
    ):
        build_model(copy, with_r_drop(**changed), 3, "classification")


def test_r_drop_is_content_with_layers_that_are_skipped(bert: Path, tmp_path: Path) -> None:
    chosen = experiment(encoder=settings.Encoder(layer_drop=0.1))
    chosen = chosen.model_copy(update={"regularization": settings.Regularization(r_drop=1.0)})
    copy = without_own_dropout(bert, tmp_path / "encoder")
    model = build_model(copy, chosen, 3, "classification").train()
    batch = tiny_batch(copy, LENGTHS)
    # skipped layers alone make two passes differ, sooner or later
    first = model(*batch)
    assert any(not torch.equal(model(*batch), first) for _ in range(100))


@every_pooling
def test_training_without_dropout_is_deterministic(folder: Path, pooling: settings.Pooling) -> None:
    model = tiny_model(folder, pooling).train()
    batch = tiny_batch(folder, LENGTHS)
    assert torch.equal(model(*batch), model(*batch))


def test_attention_that_is_set_is_used(bert: Path) -> None:
    for wanted, found in (("auto", "sdpa"), ("sdpa", "sdpa"), ("eager", "eager")):
        chosen = experiment(encoder=settings.Encoder.model_validate({"attention": wanted}))
        backbone = build_model(bert, chosen, 1, "regression").encoder.backbone
        assert getattr(backbone.config, "_attn_implementation", None) == found


def test_more_layers_than_the_encoder_has_are_refused(bert: Path) -> None:
    with pytest.raises(UsageError, match=re.escape("pooling.layers must be from 1 to 2")):
        tiny_model(bert, settings.Pooling(layers=4))
