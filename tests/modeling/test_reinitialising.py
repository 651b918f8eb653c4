import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModel

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.encoder import Encoder
from foldwise.modeling.loading import load_encoder
from foldwise.modeling.model import build_model
from foldwise.modeling.reinitialising import reinitialise_top
from tests.modeling.test_structure import encoder_of
from tests.modeling.tiny_models import experiment, tiny_batch

TRAINED = 0.5  # where the weights of an encoder that has been trained stand in these tests


def trained_encoder(folder: Path) -> Encoder:
    """An encoder from a file, with no weight where an initialiser would put it."""
    encoder = load_encoder(folder)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(TRAINED)
    return encoder


def weights(encoder: Encoder) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in encoder.named_parameters()}


def is_norm(name: str) -> bool:
    return "norm" in name.lower()


@pytest.mark.parametrize("layers", [1, 2])
def test_only_the_top_layers_start_anew(folder: Path, layers: int) -> None:
    encoder = trained_encoder(folder)
    before = weights(encoder)
    torch.manual_seed(0)
    reinitialise_top(encoder, layers)
    top = {name for group in encoder.layer_groups()[-layers:] for name in group.named}
    changed = {name for name, p in encoder.named_parameters() if not torch.equal(p, before[name])}
    assert changed == top


def test_weights_are_drawn_as_before_pretraining(folder: Path) -> None:
    encoder = trained_encoder(folder)
    torch.manual_seed(0)
    reinitialise_top(encoder, 1)
    for name, parameter in encoder.layer_groups()[-1].named.items():
        kind = name.rpartition(".")[2]
        if is_norm(name):
            assert (parameter == (1 if kind == "weight" else 0)).all(), name
        elif kind == "bias":
            assert (parameter == 0).all(), name
        else:
            assert parameter.mean().abs() < 0.01, name
            assert 0.01 < parameter.std() < 0.03, name  # 0.02 in all of these families


def test_weights_depend_on_the_seed_alone(bert: Path) -> None:
    encoders = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        encoders.append(load_encoder(bert))
        torch.manual_seed(seed)
        reinitialise_top(encoders[-1], 1)
    first, again, other = (weights(encoder) for encoder in encoders)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("family", ["deberta-v2", "electra", "modernbert", "mpnet"])
def test_other_families_start_anew_too(family: str) -> None:
    encoder = encoder_of(family)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(TRAINED)
    before, groups = weights(encoder), encoder.layer_groups()
    reinitialise_top(encoder, 2)
    below = {name: p for group in groups[:-2] for name, p in group.named.items()}
    assert all(torch.equal(p, before[name]) for name, p in below.items())
    assert all(p.abs().max() <= 1 and p.isfinite().all() for p in groups[-1].parameters())
    # ModernBERT's last norm too
    assert all((p == 1).all() for n, p in groups[-1].named.items() if n.endswith("norm.weight"))


def test_none_changes_nothing(bert: Path) -> None:
    encoder = load_encoder(bert)
    before, state = weights(encoder), torch.get_rng_state()
    reinitialise_top(encoder, 0)
    assert all(torch.equal(p, before[name]) for name, p in encoder.named_parameters())
    assert torch.equal(torch.get_rng_state(), state)


def test_more_layers_than_there_are_is_refused(bert: Path) -> None:
    message = "encoder.reinitialise must be at most 2, the layers of this encoder, got 3; lower it"
    with pytest.raises(UsageError, match=re.escape(message)):
        reinitialise_top(load_encoder(bert), 3)


def test_layers_that_share_their_weights_are_refused() -> None:
    message = "would start the whole encoder anew: its 3 layers share 1 set of weights"
    with pytest.raises(UsageError, match=re.escape(message)):
        reinitialise_top(encoder_of("albert"), 1)


def test_a_weight_without_an_initialiser_is_named() -> None:
    config: Any = AutoConfig.for_model(
        "bert", hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8,
        vocab_size=9,
    )  # fmt: skip
    backbone = AutoModel.from_config(config)  # type: ignore[no-untyped-call]  # no annotations
    backbone.encoder.layer[1].extra = nn.ParameterList([nn.Parameter(torch.randn(2, 2))])
    message = "left 1 as they were: backbone.encoder.layer.1.extra.0; leave it 0"
    with pytest.raises(UsageError, match=re.escape(message)):
        reinitialise_top(Encoder(backbone, config), 1)


def test_a_model_is_built_with_new_top_layers_only_when_pretrained(bert: Path) -> None:
    chosen = experiment(encoder=settings.Encoder(reinitialise=1))
    torch.manual_seed(4)
    model = build_model(bert, chosen, 1, "regression").encoder
    loaded = weights(load_encoder(bert))
    kept = {name for name, p in model.named_parameters() if torch.equal(p, loaded[name])}
    assert kept >= {n for g in model.layer_groups()[:-1] for n in g.named}
    assert not [n for n, p in model.layer_groups()[-1].named.items() if p.ndim > 1 and n in kept]
    assert model(*tiny_batch(bert, [3]))[0].isfinite().all()
    too_many = experiment(encoder=settings.Encoder(reinitialise=9))
    build_model(bert, too_many, 1, "regression", pretrained=False)  # weights come from a file
