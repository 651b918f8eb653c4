import torch

from foldwise.modeling.rectangle import rectangle_of

LENGTHS = ((2, 3), (1, 17))
POSITIONS = torch.tensor([*range(3), *range(3), *range(17), 0, 0])  # two places that nothing reads


def test_texts_stand_below_each_other_and_come_back() -> None:
    rectangle = rectangle_of(LENGTHS, POSITIONS)
    assert (rectangle.texts, rectangle.tokens, rectangle.count) == (3, 32, 23)
    packed = torch.randn(1, 2, 25, 4)
    filled = rectangle.filled(packed)
    assert filled.shape == (3, 2, 32, 4)
    assert torch.equal(filled[1, :, :3], packed[0, :, 3:6])
    assert torch.equal(filled[2, :, :17], packed[0, :, 6:23])
    assert not filled.transpose(1, 2)[~rectangle.mask[:, 0, 0]].any()
    back = rectangle.emptied(filled)
    assert torch.equal(back[:, :23], packed.transpose(1, 2)[:, :23])
    assert rectangle.mask.sum(-1).flatten().tolist() == [3, 3, 17]
