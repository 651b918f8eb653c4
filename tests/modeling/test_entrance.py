import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from foldwise.modeling.entrance import Entrance, entrance_of
from foldwise.modeling.loading import build_encoder
from tests.modeling.tiny_models import tiny_model
from tests.tiny_encoders import Family, make_tiny_encoder
from tests.tiny_families import make_tiny_family

IDS = torch.tensor([[5, 6, 7, 8], [9, 10, 1, 1]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "xlnet", "albert"])
@pytest.mark.parametrize("last_layers", [1, 2])
def test_an_encoder_goes_on_from_a_layer_as_if_it_had_begun_below(
    tmp_path: Path, family: Family, last_layers: int
) -> None:
    encoder = tiny_model(make_tiny_encoder(tmp_path, family)).encoder
    if not encoder.can_be_entered:
        pytest.skip("its layers share their weights")
    mask = MASK.flip(1) if family == "xlnet" else MASK
    ids = IDS.clone()
    whole = encoder(ids, mask, last_layers=last_layers)

    below = encoder.entering(ids, mask, layer=1)
    # what padding held does not matter
    below = below.masked_fill(~mask.bool()[..., None], 0.0)
    entered = encoder(ids, mask, last_layers=last_layers, below=below, skipped=1)

    for there, here in zip(whole, entered, strict=True):
        torch.testing.assert_close(here[mask.bool()], there[mask.bool()], rtol=1e-5, atol=1e-6)
    # afterwards everything is computed again
    again = encoder(ids, mask, last_layers=last_layers)
    assert all(torch.equal(a, b) for a, b in zip(again, whole, strict=True))


class Layer(nn.Module):
    """Adds one; `gives` says in which container."""

    def __init__(self, gives: int | None) -> None:
        super().__init__()
        self.gives = gives

    def forward(self, states: Tensor) -> Tensor | tuple[Tensor | None, ...]:
        return states + 1 if self.gives is None else (states + 1, *[None] * self.gives)


@pytest.mark.parametrize("extras", [None, 0, 2])
def test_a_layer_is_replaced_by_what_it_would_give_in_its_own_container(
    extras: int | None,
) -> None:
    layers = nn.ModuleList([Layer(extras), Layer(extras)])

    def run(ids: Tensor) -> Tensor:
        states = ids[..., None].float()
        for layer in layers:
            given = layer(states)
            states = given[0] if isinstance(given, tuple) else given
        return states

    ids = torch.arange(4)[None]
    entrance = entrance_of(layers[0], run, ids)
    assert entrance == Entrance(extras, tokens_first=False)
    assert entrance is not None
    with entrance.entered(layers, torch.full((1, 4, 1), 10.0), skipped=1):
        assert run(ids).flatten().tolist() == [11.0] * 4
    assert run(ids).flatten().tolist() == [2.0, 3.0, 4.0, 5.0]


def test_what_stood_in_the_place_of_a_layer_stands_there_again_after_a_failure() -> None:
    layers = nn.ModuleList([Layer(None)])

    def own(states: Tensor) -> Tensor:
        return states * 0

    layers[0].__dict__["forward"] = own
    with (
        pytest.raises(KeyError),
        Entrance(None, tokens_first=False).entered(layers, torch.ones(1, 4, 1), skipped=1),
    ):
        raise KeyError
    assert layers[0].__dict__["forward"] is own


def test_layers_that_are_never_called_have_no_entrance() -> None:
    assert entrance_of(nn.Linear(1, 1), lambda ids: ids, torch.arange(4)[None]) is None


def test_an_encoder_that_adds_to_its_first_layer_s_output_cannot_be_entered(
    tmp_path: Path,
) -> None:
    folder = make_tiny_family(tmp_path, "deberta-v2")
    config = folder / "config.json"
    settings = json.loads(config.read_text())
    for kernel, can in ((0, True), (3, False)):
        changed = {**settings, "conv_kernel_size": kernel, "conv_act": "gelu"}
        config.write_text(json.dumps(changed))
        assert build_encoder(folder).can_be_entered is can
