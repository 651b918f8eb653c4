import re

import pytest
import torch

from foldwise.errors import UsageError
from foldwise.modeling.pooling import FlatPooling
from tests.modeling.pooling.padded_texts import WIDTH, texts


def test_a_batch_wider_than_the_longest_text_is_cut_at_padding_only() -> None:
    hidden, mask = texts([8, 3])
    wide = torch.cat([hidden, hidden], dim=1)
    wide_mask = torch.cat([mask, torch.zeros_like(mask)], dim=1)
    pooling = FlatPooling(WIDTH, 9)
    torch.testing.assert_close(pooling(wide, wide_mask), pooling(hidden, mask), rtol=0, atol=0)


def test_a_text_longer_than_the_longest_cannot_pass_unnoticed() -> None:
    vectors = FlatPooling(WIDTH, 7)(*texts([8, 7]))
    assert vectors[0].isnan().all()
    assert vectors[1].isfinite().all()


def test_vectors_too_long_for_a_head_are_refused() -> None:
    message = re.escape(
        "the flatten pooling makes at most 1,000,000 values a text, but 512 tokens x 2,048 values "
        "are 1,048,576; set pooling.bottleneck to 1953 or less, or lower encoder.max_length"
    )
    with pytest.raises(UsageError, match=message):
        FlatPooling(2048, 512)
    assert FlatPooling(1953, 512).width == 512 * 1953
