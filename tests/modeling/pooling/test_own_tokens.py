import torch

from foldwise.modeling.pooling.own_tokens import own_tokens_first

MASK = torch.tensor([[0, 1, 1, 0], [1, 1, 1, 1], [1, 0, 0, 1]]).bool()
HIDDEN = torch.arange(1.0, 13.0).reshape(3, 4, 1)


def test_own_tokens_come_first_in_their_order() -> None:
    moved = own_tokens_first(HIDDEN, MASK)[..., 0]
    assert moved.tolist() == [[2, 3, 0, 0], [5, 6, 7, 8], [9, 12, 0, 0]]


def test_own_tokens_come_first_from_the_last_to_the_first() -> None:
    moved = own_tokens_first(HIDDEN, MASK, is_reversed=True)[..., 0]
    assert moved.tolist() == [[3, 2, 0, 0], [8, 7, 6, 5], [12, 9, 0, 0]]
