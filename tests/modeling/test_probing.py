"""Encoders that padding matters to, or how they are told of it, are seen."""

import pytest
import torch
from torch import Tensor, nn

from foldwise.modeling.packing import Places
from foldwise.modeling.probing import is_told_alike, padding_change

PADDING = 2


class Toy(nn.Module):
    """Each token's number, and what a fault adds to it."""

    def __init__(self, leak: float = 0.0, told: float = 0.0, told_whole: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.leak, self.told, self.told_whole = leak, told, told_whole
        self.seen: list[list[int]] = []

    def forward(self, ids: Tensor, mask: Tensor, places: Places | None = None) -> tuple[Tensor]:
        assert not self.training
        self.seen += ids.tolist()
        states = ids[..., None].float() * self.weight
        states = states + self.leak * (mask == 0).sum()
        if places is not None:
            states = states + (self.told_whole if places.are_all else self.told)
        return (states,)


def test_padding_that_leaks_into_texts_is_a_share_of_the_largest_state() -> None:
    assert padding_change(Toy(), PADDING) == 0.0
    assert padding_change(Toy(leak=0.3), PADDING) == pytest.approx(0.3 * 4 / 3)


@pytest.mark.parametrize("fault", [{"told": 0.1}, {"told_whole": 0.1}])
def test_what_being_told_changes_is_seen_with_padding_and_without(fault: dict[str, float]) -> None:
    assert is_told_alike(Toy(), PADDING)
    assert not is_told_alike(Toy(**fault), PADDING)


def test_the_texts_tried_have_the_paddings_id_inside_and_at_their_end() -> None:
    encoder = Toy()
    is_told_alike(encoder, PADDING)
    assert encoder.seen[0] == [0, PADDING, 3, 4]
    assert encoder.seen[1] == [5, 6, PADDING, PADDING]


def test_the_mode_is_as_before() -> None:
    for training in (True, False):
        encoder = Toy().train(training)
        padding_change(encoder, PADDING)
        is_told_alike(encoder, PADDING)
        assert encoder.training is training
