"""Structures of families beyond the four that have tiny encoders on disk."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from foldwise.errors import UsageError
from foldwise.modeling.encoder import Encoder
from foldwise.modeling.structure import find_layers, traced_structure

SIZES: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "vocab_size": 40,
}
SPECIAL_IDS = dict.fromkeys(
    ["pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"], 0
)
DEBERTA = {"relative_attention": True, "position_buckets": 4, "norm_rel_ebd": "layer_norm"}
FAMILIES: dict[str, dict[str, Any]] = {
    "electra": {**SIZES, "embedding_size": 8},
    "albert": {**SIZES, "embedding_size": 8},
    "deberta-v2": {**SIZES, **DEBERTA, "pos_att_type": ["p2c", "c2p"], "conv_kernel_size": 3},
    "modernbert": {**SIZES, **SPECIAL_IDS},
    "mpnet": SIZES,
    "squeezebert": {**SIZES, "embedding_size": 16},
}


CONVBERT = {**SIZES, "embedding_size": 8}


def encoder_of(family: str) -> Encoder:
    config = AutoConfig.for_model(family, **FAMILIES.get(family, CONVBERT))
    return Encoder(AutoModel.from_config(config), config)  # type: ignore[no-untyped-call]  # it has no annotations


def group_names(encoder: Encoder) -> list[str]:
    return [group.name for group in encoder.layer_groups()]


def names_in(encoder: Encoder, group: str) -> set[str]:
    return {name for g in encoder.layer_groups() if g.name == group for name in g.named}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_groups_of_every_family_hold_each_parameter_once(family: str) -> None:
    encoder = encoder_of(family)
    listed = [name for group in encoder.layer_groups() for name in group.named]
    assert sorted(listed) == sorted(name for name, _ in encoder.named_parameters())
    layers = ["layer 0"] if family == "albert" else ["layer 0", "layer 1", "layer 2"]
    assert group_names(encoder) == ["embeddings", *layers]


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_trainable_parameter_gets_a_gradient(family: str) -> None:
    encoder = encoder_of(family)
    ids = torch.randint(1, 40, (2, 5))
    encoder(ids, torch.ones_like(ids))[0].square().sum().backward()
    without = [n for n, p in encoder.named_parameters() if p.requires_grad and p.grad is None]
    assert without == []


def test_debertas_relative_positions_learn_with_the_embeddings() -> None:
    names = names_in(encoder_of("deberta-v2"), "embeddings")
    assert "backbone.encoder.rel_embeddings.weight" in names
    assert "backbone.encoder.LayerNorm.weight" in names


def test_a_norm_after_the_last_layer_learns_with_it() -> None:
    assert "backbone.final_norm.weight" in names_in(encoder_of("modernbert"), "layer 2")


def test_layers_that_share_their_weights_are_one_layer_group() -> None:
    encoder = encoder_of("albert")
    assert len(encoder.layers()) == 1
    assert encoder.depth == 3
    ids = torch.ones(1, 4, dtype=torch.long)
    assert len(encoder(ids, ids, last_layers=3)) == 3


def test_a_pooler_that_cannot_be_left_out_is_frozen() -> None:
    encoder = encoder_of("squeezebert")
    assert encoder.unused == ("pooler.dense.weight", "pooler.dense.bias")
    assert not encoder.backbone.get_parameter("pooler.dense.weight").requires_grad


def test_a_family_that_looks_at_padding_is_refused() -> None:
    torch.manual_seed(0)
    message = "padding must never change a prediction, but it changes .* of this convbert encoder"
    with pytest.raises(UsageError, match=message):
        encoder_of("convbert")


class Config:
    model_type = "toy"
    num_hidden_layers = 2


def two_layers() -> nn.ModuleList:
    return nn.ModuleList([nn.Linear(2, 2) for _ in range(2)])


def test_an_encoder_with_lists_of_layers_here_and_there_is_refused() -> None:
    backbone = nn.ModuleDict(
        {name: nn.ModuleDict({"layers": two_layers()}) for name in ("one", "two")}
    )
    with pytest.raises(UsageError, match="exactly one list of 2 layers, but 'toy' has 2"):
        find_layers(backbone, Config())


def test_an_encoder_without_layers_is_refused() -> None:
    with pytest.raises(UsageError, match="exactly one list of 2 layers, but 'toy' has 0"):
        find_layers(nn.Linear(1, 1), Config())


class InParts(nn.Module):
    """Two lists side by side: the parts of each layer, or one stack on top of the other."""

    def __init__(self, *, stacked: bool) -> None:
        super().__init__()
        self.words = nn.Embedding(9, 2)
        self.attentions, self.norms = two_layers(), two_layers()
        self.last = nn.Linear(2, 2)
        self.stacked = stacked

    def run(self, ids: Tensor) -> Tensor:
        hidden: Tensor = self.words(ids)
        one, other = list(self.attentions), list(self.norms)
        in_turn = [part for pair in zip(one, other, strict=True) for part in pair]
        for part in [*one, *other] if self.stacked else in_turn:
            hidden = part(hidden)
        return torch.as_tensor(self.last(hidden))


def test_lists_that_hold_the_parts_of_each_layer_are_found_together() -> None:
    backbone = InParts(stacked=False)
    layers = find_layers(backbone, Config())
    assert layers == ("attentions", "norms")
    structure = traced_structure(backbone, layers, backbone.run)
    assert structure.above == {"last"}
    assert structure.layer_of("norms.1.weight") == structure.layer_of("attentions.1") == 1
    assert structure.layer_of("words.weight") is None


def test_two_stacks_of_layers_side_by_side_are_refused() -> None:
    backbone = InParts(stacked=True)
    layers = find_layers(backbone, Config())
    message = "exactly one list of 2 layers, but 'InParts' has 2"
    with pytest.raises(UsageError, match=message):
        traced_structure(backbone, layers, backbone.run)


class Toy(nn.Module):
    """Registers its parts in another order than it runs them, and never uses one."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(2, 2)
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Dropout(0.5)])
        self.words = nn.Embedding(9, 2)
        self.idle = nn.Linear(2, 2)

    def run(self, ids: Tensor) -> Tensor:
        hidden: Tensor = self.words(ids)
        for layer in self.layers:
            hidden = layer(hidden)
        return torch.as_tensor(self.last(hidden))


def test_structure_follows_the_run_and_not_the_order_of_registration() -> None:
    toy = Toy().train()
    structure = traced_structure(toy, ("layers",), toy.run)
    assert structure.above == {"last"}
    assert structure.unused == ("idle.weight", "idle.bias")


def test_tracing_leaves_no_trace() -> None:
    toy = Toy().train()
    before = torch.get_rng_state()
    traced_structure(toy, ("layers",), toy.run)
    assert toy.training
    assert torch.equal(torch.get_rng_state(), before)
    assert all(p.grad is None for p in toy.parameters())
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in toy.modules())
