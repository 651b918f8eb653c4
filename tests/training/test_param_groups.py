import itertools
from pathlib import Path

import pytest
import torch
from torch import nn

from foldwise import settings
from foldwise.modeling.model import TextModel, build_model
from foldwise.settings import Settings
from foldwise.training.param_groups import (
    adamw,
    frozen_groups,
    layer_rates,
    load_named_state,
    named_state,
    param_groups,
)
from tests.tiny_encoders import FAMILIES, Family, make_tiny_encoder

NAMES = ["embeddings", *(f"layer {i}" for i in range(4)), "pooling", "head"]


def tiny_model(folder: Path, family: Family = "bert", layers: int = 2) -> TextModel:
    make_tiny_encoder(folder / family, family, layers=layers)
    chosen = Settings(competition="any", pooling=settings.Pooling(kind="attention", hidden=8))
    return build_model(folder / family, chosen, outputs=1, task="regression")


def test_decay_gives_each_layer_a_share_of_the_one_above() -> None:
    rates = layer_rates(NAMES, settings.Rates(head=1e-3, top=1e-4, decay=0.5))

    assert rates == {
        "embeddings": pytest.approx(1e-4 / 16),
        "layer 0": pytest.approx(1e-4 / 8),
        "layer 1": pytest.approx(1e-4 / 4),
        "layer 2": pytest.approx(1e-4 / 2),
        "layer 3": 1e-4,
        "pooling": 1e-3,
        "head": 1e-3,
    }


def test_decay_of_one_gives_all_layers_the_same_rate() -> None:
    rates = layer_rates(NAMES, settings.Rates(top=3e-5, decay=1.0))

    assert {rates[name] for name in NAMES[:-2]} == {3e-5}


def test_linear_rises_from_one_times_at_layer_0_to_five_times_at_the_top() -> None:
    rates = layer_rates(NAMES, settings.Rates(top=5e-5, shape="linear", span=5.0))

    rising = [rates[f"layer {i}"] for i in range(4)]
    steps = [high - low for low, high in itertools.pairwise(rising)]
    assert rising[0] == pytest.approx(1e-5)
    assert rising[-1] == 5e-5
    assert steps == pytest.approx([steps[0]] * 3)
    assert rates["embeddings"] == pytest.approx(1e-5)


def test_linear_shares_a_rate_between_every_k_layers() -> None:
    names = [f"layer {i}" for i in range(24)]
    rates = layer_rates(names, settings.Rates(top=5e-5, shape="linear", span=5.0, every=6))

    bands = [[rates[f"layer {i}"] for i in range(start, start + 6)] for start in range(0, 24, 6)]
    assert all(len(set(band)) == 1 for band in bands)
    assert bands[0][0] == pytest.approx(1e-5)
    assert bands[-1][0] == 5e-5
    assert len({band[0] for band in bands}) == 4


def test_a_rate_of_zero_freezes_its_group_and_no_other() -> None:
    assert frozen_groups(NAMES, settings.Rates(embeddings=0.0)) == ["embeddings"]
    assert frozen_groups(NAMES, settings.Rates()) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_trainable_parameter_is_in_exactly_one_group(tmp_path: Path, family: Family) -> None:
    model = tiny_model(tmp_path, family)
    model.freeze(["embeddings"])

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


def test_the_optimizer_state_survives_by_name(tmp_path: Path) -> None:
    model, chosen = tiny_model(tmp_path), Settings(competition="any")
    optimizer = adamw(model, chosen.rates, chosen.optimizer)
    ids = torch.tensor([[2, 7, 8, 3]])
    model(ids, torch.ones_like(ids)).square().sum().backward()
    optimizer.step()
    fresh = adamw(model, chosen.rates, chosen.optimizer)

    load_named_state(model, fresh, named_state(model, optimizer))

    for parameter in model.parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            assert torch.equal(fresh.state[parameter][key], value)
    assert fresh.state.keys() == optimizer.state.keys()
