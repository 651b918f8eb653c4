import copy
import re
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.encoder import Encoder
from foldwise.modeling.layer_drop import drop_layers
from foldwise.modeling.loading import load_encoder
from foldwise.modeling.model import build_model
from tests.modeling.test_structure import FAMILIES, encoder_of
from tests.modeling.tiny_models import experiment, tiny_batch

ALWAYS = 0.999999


def dropping(folder: Path, share: float) -> Encoder:
    encoder = load_encoder(folder, dropout=0.0)
    drop_layers(encoder, share)
    return encoder


def test_nothing_is_skipped_in_evaluation(folder: Path) -> None:
    batch = tiny_batch(folder, [5, 3])
    plain, encoder = load_encoder(folder)(*batch, last_layers=2), dropping(folder, ALWAYS)
    for state, expected in zip(encoder(*batch, last_layers=2), plain, strict=True):
        torch.testing.assert_close(state, expected, rtol=0, atol=0)


def test_a_skipped_layer_gives_what_it_got(folder: Path) -> None:
    encoder = dropping(folder, ALWAYS).train()
    seen: list[Tensor] = []
    encoder.layers()[0].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    (state,) = encoder(*tiny_batch(folder, [5, 3]))
    if encoder._family == "xlnet":  # its layers have the tokens first
        seen = [seen[0].transpose(0, 1)]
    torch.testing.assert_close(state, seen[0], rtol=0, atol=0)


def test_hidden_states_of_skipped_layers_are_there(folder: Path) -> None:
    encoder = dropping(folder, ALWAYS).train()
    below, last = encoder(*tiny_batch(folder, [4]), last_layers=2)
    torch.testing.assert_close(below, last, rtol=0, atol=0)


@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - {"squeezebert"}))
def test_other_families_skip_too(family: str) -> None:
    encoder = encoder_of(family)
    drop_layers(encoder, 0.5)
    ids = torch.randint(1, 40, (2, 5), generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    states = [encoder.train()(ids, torch.ones_like(ids))[0] for _ in range(4)]
    assert all(state.shape == (2, 5, 16) and state.isfinite().all() for state in states)


def skipped(encoder: Encoder, batch: tuple[Tensor, Tensor], passes: int) -> list[list[bool]]:
    """For each pass and layer, whether it was skipped."""
    runs: list[int] = []
    for i, layer in enumerate(encoder.layers()):
        first = next(m for m in layer.modules() if isinstance(m, nn.Linear))
        first.register_forward_hook(lambda *_, i=i: runs.append(i))
    seen = []
    for _ in range(passes):
        encoder(*batch)
        seen.append([i not in runs for i in range(len(encoder.layers()))])
        runs.clear()
    return seen


def test_layers_are_skipped_as_often_as_asked(bert: Path) -> None:
    encoder, batch = dropping(bert, 0.3).train(), tiny_batch(bert, [2])
    torch.manual_seed(0)
    seen = torch.tensor(skipped(encoder, batch, 400)).float()
    torch.testing.assert_close(seen.mean(dim=0), torch.full((2,), 0.3), rtol=0, atol=0.08)
    both = seen.prod(dim=1).mean().item()  # each on its own
    assert both == pytest.approx(0.09, abs=0.05)


def test_what_is_skipped_depends_on_torchs_seed_alone(bert: Path) -> None:
    encoder, batch = dropping(bert, 0.5).train(), tiny_batch(bert, [4])
    outputs = []
    for seed in (5, 5, *range(10)):
        torch.manual_seed(seed)
        outputs.append(encoder(*batch)[0])
    assert torch.equal(outputs[0], outputs[1])
    assert any(not torch.equal(outputs[0], other) for other in outputs[2:])


def test_frozen_layers_are_never_skipped(bert: Path) -> None:
    # their outputs may have been kept from an earlier pass, so they must be the same in all
    encoder = dropping(bert, ALWAYS).train()
    for parameter in encoder.layers()[0].parameters():
        parameter.requires_grad_(False)
    assert skipped(encoder, tiny_batch(bert, [3]), 2) == [[False, True]] * 2


def test_a_copy_of_the_model_has_layers_of_its_own(bert: Path) -> None:
    encoder, batch = dropping(bert, 0.5), tiny_batch(bert, [4])
    copied = copy.deepcopy(encoder)
    with torch.no_grad():
        for parameter in copied.layers().parameters():
            parameter.add_(1.0)
    assert not torch.allclose(copied(*batch)[0], encoder(*batch)[0])


def test_it_adds_no_weights(bert: Path) -> None:
    assert dropping(bert, 0.5).state_dict().keys() == load_encoder(bert).state_dict().keys()


def test_layers_that_give_something_else_are_refused() -> None:
    # its layers give dictionaries
    message = "nothing beside them, which a SqueezeBertModule does not; leave it 0 for this encoder"
    with pytest.raises(UsageError, match=re.escape(message)):
        drop_layers(encoder_of("squeezebert"), 0.1)


def test_models_are_built_with_it(bert: Path) -> None:
    chosen = experiment(encoder=settings.Encoder(layer_drop=ALWAYS))
    for pretrained in (True, False):
        model = build_model(bert, chosen, 1, "regression", pretrained=pretrained).train()
        assert skipped(model.encoder, tiny_batch(bert, [3]), 1) == [[True, True]]
