import re
from pathlib import Path

import pytest
import torch
from torch import nn

from foldwise.errors import UsageError
from foldwise.modeling.loading import load_encoder
from tests.modeling.conftest import TinyEncoder
from tests.modeling.tiny_models import tiny_batch
from tests.tiny_encoders import Family


def test_hidden_states_come_in_order_the_last_layer_last(folder: Path) -> None:
    encoder = load_encoder(folder)
    batch = tiny_batch(folder, [5, 3])
    states = encoder(*batch, last_layers=2)
    assert [state.shape for state in states] == [(2, 5, 16), (2, 5, 16)]
    (last,) = encoder(*batch)
    torch.testing.assert_close(states[-1], last, rtol=0, atol=0)
    assert not torch.equal(states[0], last)
    # They are the transformer's own, without the embeddings and the layers below.
    options = encoder._options(batch.attention_mask, None)
    expected = encoder.backbone(batch.input_ids, output_hidden_states=True, **options).hidden_states
    torch.testing.assert_close(states[0], expected[-2], rtol=0, atol=0)


@pytest.mark.parametrize("layers", [0, 3])
def test_more_layers_than_there_are_is_refused(bert: Path, layers: int) -> None:
    message = re.escape(
        f"pooling.layers must be from 1 to 2, the layers of this bert encoder, got {layers}"
    )
    with pytest.raises(UsageError, match=message):
        load_encoder(bert)(*tiny_batch(bert, [3]), last_layers=layers)


def test_groups_are_ordered_from_the_bottom_up(folder: Path) -> None:
    encoder = load_encoder(folder)
    groups = encoder.layer_groups()
    assert [group.name for group in groups] == ["embeddings", "layer 0", "layer 1"]
    # Each layer's group holds exactly that layer's parameters.
    for i, layer in enumerate(encoder.layers()):
        assert {id(p) for p in groups[i + 1].parameters()} == {id(p) for p in layer.parameters()}
    # A layer's output depends on its own group and on those below, never on one above.
    hidden = encoder(*tiny_batch(folder, [4]), last_layers=2)[0]
    hidden.square().sum().backward()
    assert all(p.grad is None for p in groups[2].parameters())
    learning = [p for p in groups[1].parameters() if p.requires_grad]
    assert all(p.grad is not None for p in learning)


def test_only_xlnets_mask_embedding_is_unused(folder: Path, family: Family) -> None:
    encoder = load_encoder(folder)
    assert encoder.unused == (("mask_emb",) if family == "xlnet" else ())
    assert {n for n, p in encoder.backbone.named_parameters() if not p.requires_grad} == set(
        encoder.unused
    )


def test_xlnet_gets_the_segments_its_tokenizer_would_give(tiny_encoder: TinyEncoder) -> None:
    folder = tiny_encoder("xlnet")
    encoder = load_encoder(folder)
    batch = tiny_batch(folder, [4, 2])
    segments = torch.tensor([[0, 0, 0, 2], [3, 3, 0, 2]])  # 3 at padding, 2 at <cls>
    own = batch.attention_mask.bool()
    (given,), (made,) = encoder(*batch, segments), encoder(*batch)
    torch.testing.assert_close(made[own], given[own], rtol=0, atol=1e-6)


def test_xlnet_keeps_no_memory_of_earlier_texts(tiny_encoder: TinyEncoder) -> None:
    folder = tiny_encoder("xlnet")
    encoder = load_encoder(folder)
    options = encoder._options(tiny_batch(folder, [3]).attention_mask, None)
    assert options["use_mems"] is False


def test_segments_for_an_encoder_without_any_are_refused(tiny_encoder: TinyEncoder) -> None:
    folder = tiny_encoder("distilbert")
    batch = tiny_batch(folder, [3])
    with pytest.raises(ValueError, match="a distilbert encoder has no segments"):
        load_encoder(folder)(*batch, torch.zeros_like(batch.input_ids))


def test_segments_matter_where_the_encoder_has_them(bert: Path) -> None:
    encoder = load_encoder(bert)
    batch = tiny_batch(bert, [3])
    (without,), (second,) = encoder(*batch), encoder(*batch, torch.ones_like(batch.input_ids))
    assert not torch.allclose(without, second)


def test_a_mask_may_be_of_booleans(folder: Path) -> None:
    encoder = load_encoder(folder)
    batch = tiny_batch(folder, [4, 2])
    (integers,) = encoder(*batch)
    (booleans,) = encoder(batch.input_ids, batch.attention_mask.bool())
    torch.testing.assert_close(integers, booleans, rtol=0, atol=0)


def test_it_is_a_plain_module(bert: Path) -> None:
    # transformers initialises all modules of its own classes anew, a custom head too.
    assert type(load_encoder(bert)).__mro__[1] is nn.Module
