import pytest
import torch

from foldwise.modeling.pooling import ClsPosition, FirstTokenPooling
from tests.modeling.pooling.padded_texts import WIDTH, texts


@pytest.mark.parametrize(("position", "left", "place"), [("first", False, 0), ("last", True, -1)])
def test_the_classifiers_token_stands_where_the_family_puts_it(
    position: ClsPosition, left: bool, place: int
) -> None:
    hidden, mask = texts([3, 8], left=left)
    pooled = FirstTokenPooling(WIDTH, position)(hidden, mask)
    torch.testing.assert_close(pooled, hidden[:, place], rtol=0, atol=0)


def test_the_first_token_after_padding_on_the_left_is_the_texts_own() -> None:
    hidden, mask = texts([3, 8], left=True)
    torch.testing.assert_close(FirstTokenPooling(WIDTH)(hidden, mask)[0], hidden[0, 5])
