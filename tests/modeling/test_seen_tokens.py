"""Embeddings that learn for seen tokens alone compute what they computed before."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from foldwise.modeling.loading import load_encoder
from foldwise.modeling.seen_tokens import (
    SeenTokenEmbedding,
    learn_seen_tokens,
    learn_whole_vocabulary,
)
from tests.modeling.tiny_models import tiny_batch
from tests.tiny_families import FAMILIES, make_tiny_family


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_an_encoder_computes_the_same_before_meanwhile_and_afterwards(
    family: Any, tmp_path: Path
) -> None:
    encoder = load_encoder(make_tiny_family(tmp_path, family), 0.0)
    batch = tiny_batch(tmp_path, [7, 5, 3])
    before, state = encoder(*batch)[0], {k: v.clone() for k, v in encoder.state_dict().items()}
    names = [name for name, _ in encoder.named_parameters()]
    seen = torch.unique(batch.input_ids)[2:7]  # other tokens of the texts are not among them

    assert encoder.learn_seen_tokens(seen)
    assert torch.equal(encoder(*batch)[0], before)
    # what learns keeps its name, and so its layer group
    assert [name for name, _ in encoder.named_parameters()] == names
    assert len(encoder.token_embeddings()) <= 6  # the padding's is the sixth

    encoder.learn_whole_vocabulary()
    assert torch.equal(encoder(*batch)[0], before)
    after = encoder.state_dict()
    assert list(after) == list(state)
    assert all(torch.equal(after[name], value) for name, value in state.items())


@pytest.mark.parametrize("padding", [None, 1, 4])
def test_gradients_of_seen_rows_are_those_of_the_whole_matrix(padding: int | None) -> None:
    whole = nn.Embedding(9, 4, padding_idx=padding)
    ids = torch.tensor([[3, 5, 3], [8, 1, 1]])
    part = SeenTokenEmbedding(whole, torch.tensor([8, 3]))
    for module in (whole, part):
        vectors: Tensor = module(ids)
        (vectors * torch.arange(24.0).view(2, 3, 4)).sum().backward()
    assert whole.weight.grad is not None
    assert part.weight.grad is not None
    rows = sorted({3, 8} | ({padding} if padding else set()))  # by id, however they came
    assert torch.equal(part.weight.grad, whole.weight.grad[rows])
    assert part.weight.grad.any(dim=1).sum() == 2


def test_what_was_learned_is_in_the_whole_matrix_and_the_rest_is_as_it_was() -> None:
    whole = nn.Embedding(6, 2)
    before = whole.weight.detach().clone()
    part = SeenTokenEmbedding(whole, torch.tensor([4, 0]))
    with torch.no_grad():
        part.weight.add_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    change = torch.zeros(6, 2)
    change[0], change[4] = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    assert torch.equal(part.whole().weight, before + change)
    assert torch.equal(whole.weight, before)  # nothing is shared


@pytest.mark.parametrize("learns", [True, False])
def test_whether_it_learns_and_where_its_padding_is_stays(learns: bool) -> None:
    words = nn.Embedding(8, 2, padding_idx=1).requires_grad_(learns)
    module: Any = nn.ModuleDict({"words": words})
    module.get_input_embeddings = lambda: module["words"]
    assert learn_seen_tokens(module, torch.tensor([1, 2, 3]))
    part = module["words"]
    assert isinstance(part, SeenTokenEmbedding)
    assert part.weight.shape == (3, 2)
    assert part.weight.requires_grad == learns
    learn_whole_vocabulary(module)
    after = module["words"]
    assert isinstance(after, nn.Embedding)
    assert after.weight.requires_grad == learns
    assert after.padding_idx == 1


class Scaled(nn.Embedding):
    """An embedding that does more than look up."""


def shared() -> nn.Module:
    """A decoder that puts out tokens by the matrix that embeds them."""
    module = nn.ModuleDict({"words": nn.Embedding(8, 2), "out": nn.Linear(2, 8, bias=False)})
    module["out"].weight = module["words"].weight
    return module


def hooked() -> nn.Module:
    """An embedding whose vectors somebody changes."""
    words = nn.Embedding(8, 2)
    words.register_forward_hook(lambda _module, _ids, vectors: 2 * vectors)
    return nn.ModuleDict({"words": words})


@pytest.mark.parametrize(
    ("module", "seen"),
    [
        (nn.ModuleDict({"words": Scaled(8, 2)}), [2]),
        (nn.ModuleDict({"words": nn.Embedding(8, 2, max_norm=1.0)}), [2]),
        (nn.ModuleDict({"words": nn.Embedding(8, 2, sparse=True)}), [2]),
        (nn.ModuleDict({"words": nn.Embedding(8, 2, scale_grad_by_freq=True)}), [2]),
        (hooked(), [2]),
        (nn.ModuleDict({"words": nn.Embedding(8, 2, padding_idx=0)}), [0]),
        (nn.ModuleDict({"words": nn.Embedding(8, 2)}), list(range(8))),
        (shared(), [2]),
    ],
    ids=[
        "its own class",
        "clipped rows",
        "sparse",
        "scaled gradients",
        "hooked",
        "padding alone",
        "all seen",
        "shared",
    ],
)
def test_others_are_left_as_they_are(module: Any, seen: list[int]) -> None:
    words = module["words"]
    module.get_input_embeddings = lambda: words
    assert not learn_seen_tokens(module, torch.tensor(seen))
    learn_whole_vocabulary(module)
    assert module["words"] is words


def test_an_embedding_held_under_two_names_is_replaced_under_both() -> None:
    words = nn.Embedding(8, 2)
    module: Any = nn.ModuleDict({"words": words, "again": words})
    module.get_input_embeddings = lambda: module["words"]
    assert learn_seen_tokens(module, torch.tensor([2]))
    assert isinstance(module["words"], SeenTokenEmbedding)
    assert module["words"] is module["again"]


@pytest.mark.parametrize("token", [-1, 6])
def test_a_token_outside_the_vocabulary_is_an_error(token: int) -> None:
    part = SeenTokenEmbedding(nn.Embedding(6, 2), torch.tensor([4, 0]))
    with pytest.raises(IndexError, match="out of range"):
        part(torch.tensor([[0, token]]))
