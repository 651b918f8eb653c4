"""Packed texts are what padded ones are, to rounding; and the processor never waits for a GPU."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import BertConfig, BertModel

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling import attending
from foldwise.modeling.encoder import Encoder
from foldwise.modeling.loading import Attention, build_encoder, load_encoder
from foldwise.modeling.model import build_model
from foldwise.modeling.packing import PACKED, PLAIN, Places, attend_packed, packing_of
from tests.modeling.conftest import TinyEncoder
from tests.modeling.tiny_models import POOLINGS, experiment, text_alone, tiny_batch
from tests.tiny_encoders import make_tiny_encoder
from tests.tiny_families import FAMILIES, make_tiny_family

CPU = torch.device("cpu")
LENGTHS = [7, 7, 5, 3, 3, 3, 1]
PACKABLE = sorted(set(FAMILIES) & set(PLAIN))
OTHERS = sorted(set(FAMILIES) - set(PLAIN))


def places_of(mask: Tensor) -> Places:
    return Places(mask.bool().numpy())


def gradients(encoder: Encoder) -> list[Tensor]:
    found = [p.grad for p in encoder.parameters() if p.grad is not None]
    encoder.zero_grad()
    return found


@pytest.mark.parametrize("family", PACKABLE)
def test_states_and_gradients_are_those_of_padded_texts(family: str, tmp_path: Path) -> None:
    folder = make_tiny_family(tmp_path, family)
    packed, padded = load_encoder(folder, 0.0, "packed"), load_encoder(folder, 0.0)
    assert packed.is_packed
    assert not padded.is_packed
    batch = tiny_batch(folder, LENGTHS)
    batch.input_ids[1, 2] = batch.input_ids[-1, -1]  # "<pad>" in a text is the padding's id
    own, places = batch.attention_mask.bool(), places_of(batch.attention_mask)
    for encoder in (packed, padded):
        encoder.train()
    ours = packed(*batch, last_layers=2, places=places)
    theirs = padded(*batch, last_layers=2)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.shape == other.shape
        assert not mine[~own].any()
        torch.testing.assert_close(mine[own], other[own], rtol=1e-4, atol=1e-6)
        (mine * own[..., None]).square().sum().backward(retain_graph=True)
        (other * own[..., None]).square().sum().backward(retain_graph=True)
    for mine, other in zip(gradients(packed), gradients(padded), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("family", OTHERS)
def test_where_attention_looks_at_more_than_a_mask_it_is_refused(
    family: str, tmp_path: Path
) -> None:
    folder = make_tiny_family(tmp_path, family)
    with pytest.raises(UsageError, match=r'encoder\.attention="packed" needs an encoder whose'):
        load_encoder(folder, None, "packed")


@pytest.mark.parametrize("lengths", [LENGTHS, [70, 66, 41, 33], [3, 3]])
@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("short", [0, attending.SHORT])  # by products, and in float32
def test_in_bf16_on_a_cpu_states_and_gradients_are_those_of_float32(
    lengths: list[int], is_packed: bool, short: int, bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attending, "SHORT", short)
    ours, reference = load_encoder(bert, 0.0, "packed"), load_encoder(bert, 0.0)
    batch = tiny_batch(bert, lengths)
    own = batch.attention_mask.bool()
    places = places_of(own) if is_packed else None
    with torch.autocast("cpu", torch.bfloat16):
        (mine,) = ours.train()(*batch, places=places)
    (other,) = reference.train()(*batch)
    torch.testing.assert_close(mine[own].float(), other[own], rtol=0.05, atol=0.05)
    for states in (mine, other):
        (states[own].float() ** 3).sum().backward()
    for found, expected in zip(gradients(ours), gradients(reference), strict=True):
        assert (found - expected).norm() < 0.05 * expected.norm() + 1e-3


def test_rows_for_bf16_on_a_cpu_have_few_sizes_and_nothing_reads_what_fills_them(
    bert: Path,
) -> None:
    encoder = load_encoder(bert, 0.0, "packed")
    told = told_of(encoder)
    batch = tiny_batch(bert, LENGTHS)
    places = places_of(batch.attention_mask)
    with torch.autocast("cpu", torch.bfloat16):
        (states,) = encoder(*batch, places=places)
        assert told[0]["ids"].shape == (1, 32)
        other = batch.input_ids.clone()
        other[0, 0] = other[0, 1]  # what the filling repeats
        (changed,) = encoder(other, batch.attention_mask, places=places)
    assert torch.equal(states[1:], changed[1:])
    encoder(*batch, places=places)
    assert told[-1]["ids"].shape == (1, sum(LENGTHS))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_the_way_into_a_row_of_tokens_and_back(lengths: Sequence[int]) -> None:
    mask = np.arange(max(lengths)) < np.array(lengths)[:, None]
    packing = packing_of(Places(mask), CPU)
    values = torch.arange(1, mask.size + 1).reshape(mask.shape)
    row = packing.packed(values)
    assert row[0].tolist() == values.numpy()[mask].tolist()
    assert packing.positions[0].tolist() == [i for n in lengths for i in range(n)]
    assert [n for texts, length in packing.lengths for n in [length] * texts] == list(lengths)
    assert all(a[1] != b[1] for a, b in zip(packing.lengths, packing.lengths[1:], strict=False))
    back = packing.padded(row[..., None].float())
    assert torch.equal(back[..., 0], values * torch.from_numpy(mask))


def test_packed_texts_go_on_above_the_lowest_layers(bert: Path) -> None:
    encoder = load_encoder(bert, None, "packed")
    batch = tiny_batch(bert, LENGTHS)
    own, places = batch.attention_mask.bool(), places_of(batch.attention_mask)
    below = encoder.entering(*batch, layer=1, places=places)
    (entered,) = encoder(*batch, below=below, skipped=1, places=places)
    (whole,) = encoder(*batch, places=places)
    assert not entered[~own].any()
    torch.testing.assert_close(entered, whole, rtol=1e-4, atol=1e-6)


def told_of(encoder: Encoder) -> list[dict[str, Any]]:
    """What the transformer is called with from now on; `ids` is the first argument."""
    told: list[dict[str, Any]] = []
    encoder.backbone.register_forward_pre_hook(
        lambda _module, args, options: told.append({"ids": args[0], **options}), with_kwargs=True
    )
    return told


@pytest.mark.parametrize("attention", ["packed", "sdpa"])
@pytest.mark.parametrize("family", sorted(set(PACKABLE) - {"albert"}))  # its layers share weights
def test_what_enters_a_layer_is_what_transformers_computes_of_each_text_alone(
    family: str, attention: Attention, tmp_path: Path
) -> None:
    folder = make_tiny_family(tmp_path, family)
    encoder = load_encoder(folder, None, attention)
    batch = tiny_batch(folder, LENGTHS)
    batch.input_ids[1, 2] = batch.input_ids[-1, -1]  # "<pad>" in a text is the padding's id
    own = batch.attention_mask.bool()
    segments = (torch.arange(own.shape[1]) > 1).long().expand(own.shape)  # a pair's
    given = segments if FAMILIES[family].segments else None
    told = told_of(encoder)
    below = encoder.entering(*batch, given, layer=2, places=places_of(own))
    if attention == "packed":
        assert told[0]["ids"].shape == (1, sum(LENGTHS))
        assert not below[~own].any()
    else:  # of a mask in this form, a GPU is not asked whether anything is masked
        assert (told[0]["attention_mask"].dtype, told[0]["attention_mask"].ndim) == (torch.bool, 4)
    assert below.shape == (*own.shape, encoder.width)
    for row, length in enumerate(LENGTHS):
        options = {} if given is None else {"token_type_ids": given[row : row + 1, :length]}
        alone = text_alone(batch, row)
        states = encoder.backbone(*alone, output_hidden_states=True, **options).hidden_states[2]
        torch.testing.assert_close(below[row, :length], states[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("attention", ["packed", "sdpa"])
def test_texts_without_padding_enter_a_layer_without_a_mask(
    attention: Attention, bert: Path
) -> None:
    encoder = load_encoder(bert, None, attention)
    batch = tiny_batch(bert, [4, 4])
    told = told_of(encoder)
    below = encoder.entering(*batch, layer=1, places=places_of(batch.attention_mask))
    assert told[0]["attention_mask"] is None
    torch.testing.assert_close(below, encoder.entering(*batch, layer=1), rtol=1e-4, atol=1e-6)


def test_texts_of_a_pair_keep_their_segments(bert: Path) -> None:
    packed, padded = load_encoder(bert, None, "packed"), load_encoder(bert)
    batch = tiny_batch(bert, [6, 4])
    segments = torch.tensor([[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0]])
    own = batch.attention_mask.bool()
    (mine,) = packed(*batch, segments, places=places_of(batch.attention_mask))
    (other,) = padded(*batch, segments)
    torch.testing.assert_close(mine[own], other[own], rtol=1e-4, atol=1e-6)
    (without,) = packed(*batch, places=places_of(batch.attention_mask))
    assert not torch.allclose(without[own], mine[own], atol=1e-3)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_every_pooling_reads_packed_texts(pooling: str, bert: Path) -> None:
    batch = tiny_batch(bert, LENGTHS)
    outputs = []
    for attention in ("sdpa", "packed"):
        chosen = experiment(
            POOLINGS[pooling], settings.Encoder(max_length=64, attention=attention, dropout=0.0)
        )
        torch.manual_seed(1)
        model = build_model(bert, chosen, 2, "regression")
        outputs.append(model(*batch, None, places_of(batch.attention_mask)))
    torch.testing.assert_close(outputs[0], outputs[1], rtol=1e-4, atol=1e-5)


def test_a_packed_text_does_not_see_the_others(tiny_encoder: TinyEncoder) -> None:
    folder = tiny_encoder("roberta")
    encoder = load_encoder(folder, None, "packed")
    batch = tiny_batch(folder, [5, 4])
    other = batch.input_ids.clone()
    other[0, 1] += 1
    places = places_of(batch.attention_mask)
    (before,) = encoder(*batch, places=places)
    (after,) = encoder(other, batch.attention_mask, places=places)
    assert not torch.equal(before[0], after[0])
    torch.testing.assert_close(before[1], after[1], rtol=0, atol=0)


def test_attention_weights_are_dropped_as_they_are_of_padded_texts() -> None:
    states = torch.randn(1, 2, 5, 4)

    def attended(dropout: float) -> Tensor:
        packing = packing_of(Places(np.arange(3) < np.array([3, 1, 1])[:, None]), CPU)
        found, _ = attend_packed(
            torch.nn.Identity(), states, states, states, None, dropout, packing=packing
        )
        return found

    assert torch.equal(attended(0.0), attended(0.0))
    assert not torch.equal(attended(0.5), attended(0.5))
    # a single token attends to itself alone, with twice its weight or none
    kept = attended(0.5)[0, 3:] / states[0, :, 3:].transpose(0, 1)
    assert set(kept.round(decimals=4).unique().tolist()) <= {0.0, 2.0}


def test_small_weights_do_not_hide_that_attention_takes_no_mask_of_booleans(bert: Path) -> None:
    encoder = load_encoder(bert, None, "eager")
    assert not encoder._is_told
    encoder = build_encoder(bert, None, "eager")
    for parameter in encoder.parameters():
        parameter.data.mul_(1e-3)
    again = Encoder(encoder.backbone, encoder.backbone.config)
    assert not again._is_told


def test_a_batch_without_a_token_is_not_packed(bert: Path) -> None:
    encoder = load_encoder(bert, None, "packed")
    ids = torch.zeros(2, 3, dtype=torch.int64)
    (states,) = encoder(ids, torch.zeros_like(ids), places=Places(np.zeros((2, 3), dtype=bool)))
    assert states.shape == (2, 3, 16)


def test_an_encoder_of_one_layer_works(tmp_path: Path) -> None:
    folder = make_tiny_encoder(tmp_path, "bert", layers=1)
    encoder = load_encoder(folder, None, "packed")
    batch = tiny_batch(folder, [3, 2])
    assert len(encoder(*batch, places=places_of(batch.attention_mask))) == 1


def test_a_transformer_that_ignores_packing_is_found_out() -> None:
    config = BertConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    config._attn_implementation = PACKED

    class Forgetful(BertModel):  # type: ignore[no-untyped-call]  # it has no annotations
        def forward(self, *args: Any, **options: Any) -> Any:
            options.pop("packing", None)
            return super().forward(*args, **options)

    assert Encoder(BertModel(config, add_pooling_layer=False), config).is_packed
    assert not Encoder(Forgetful(config, add_pooling_layer=False), config).is_packed


@pytest.mark.parametrize(
    ("family", "device", "packed"),
    [("roberta", "cpu", True), ("roberta", "cuda", False), ("deberta-v3", "cpu", False)],
)
def test_texts_are_packed_by_themselves_where_that_is_known_to_be_faster(
    family: str, device: Any, packed: bool, tmp_path: Path
) -> None:
    chosen = experiment().model_copy(update={"hardware": settings.Hardware(device=device)})
    folder = make_tiny_family(tmp_path, family)
    assert build_model(folder, chosen, 1, "regression").encoder.is_packed is packed
