import pytest
import torch

from foldwise.modeling.pooling import MaxPooling, MeanPooling, TopPooling
from tests.modeling.pooling.padded_texts import WIDTH, texts


def test_the_largest_alone_is_the_maximum() -> None:
    hidden, mask = texts([5, 1, 3])
    top = TopPooling(WIDTH, 1)(hidden, mask)
    torch.testing.assert_close(top, MaxPooling(WIDTH)(hidden, mask), rtol=0, atol=0)


@pytest.mark.parametrize("k", [5, 1000])
def test_as_many_as_there_are_tokens_or_more_is_the_mean(k: int) -> None:
    hidden, mask = texts([5, 1, 3], left=True)
    torch.testing.assert_close(TopPooling(WIDTH, k)(hidden, mask), MeanPooling(WIDTH)(hidden, mask))
