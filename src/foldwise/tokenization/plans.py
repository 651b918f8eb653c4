"""Which texts go together: batches of nearly equal length, in random order, within a budget.

A plan speaks of positions in the `lengths` it was made from.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foldwise.errors import UsageError

Rows = NDArray[np.int64]

# Before they are sorted, lengths are moved at random by up to this share, and by up to one token at
# least, so that a text meets other ones in each epoch. Measured with 16 texts a batch on 10,605
# movie snippets (half of them 19 to 34 tokens), with 8 on 2,834 CommonLit excerpts (199 to 235):
#
#   order of texts                  padding         batch mates met again in the next epoch
#   random                          44 %,  13 %     0.1 %, 0.3 %
#   sorted in runs of 50 batches    2.4 %, 0.4 %    3.1 %, 5.7 %
#   sorted, no jitter               0.2 %, 0.1 %    7.1 %, 19 %
#   sorted, jitter 0.02             2.0 %, 1.4 %    3.0 %, 2.2 %
#   sorted, jitter 0.05             3.7 %, 3.4 %    2.0 %, 0.8 %
#   sorted, jitter 0.1              8.1 %, 6.0 %    1.2 %, 0.4 %
JITTER = 0.02


def epoch_plan(
    lengths: NDArray[np.int64],
    batch_size: int,
    micro_batch_tokens: int,
    seed: int | Sequence[int],
    *,
    jitter: float = JITTER,
) -> list[list[Rows]]:
    """One epoch: optimizer batches in random order, each a list of micro-batches.

    Every text is in exactly one micro-batch. Batches differ by at most one text in size, so that
    none has rows that weigh more than others'. A pure function of its arguments: to resume, nothing
    has to be kept but `seed`, which names the epoch too, such as `(seed, fold, epoch)`.

    Args:
        lengths: (texts,) tokens of each text.
        batch_size: most texts an optimizer step learns from.
        micro_batch_tokens: most tokens, padding included, in a micro-batch; a longer text is alone.
        seed: numbers for `numpy.random.SeedSequence`.
        jitter: share by which lengths are moved at random before sorting, by one token at least; 0
            sorts them exactly, with equal ones in random order.

    Raises:
        UsageError: `batch_size` or `micro_batch_tokens` is below 1.
    """
    _check_positive("batch_size", batch_size)
    if len(lengths) == 0:
        return []
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    reach = np.maximum(1, jitter * lengths) if jitter else np.zeros(len(lengths))
    moved = lengths + reach * random.uniform(-1, 1, len(lengths))
    shuffled = random.permutation(len(lengths))  # a stable sort leaves equal lengths in this order
    by_length = shuffled[np.argsort(moved[shuffled], kind="stable")]
    count = -(-len(lengths) // batch_size)
    batches = np.array_split(by_length.astype(np.int64), count)
    return [
        _micro_batches(batches[i], lengths, micro_batch_tokens) for i in random.permutation(count)
    ]


def prediction_plan(lengths: NDArray[np.int64], micro_batch_tokens: int) -> list[Rows]:
    """Micro-batches with every text exactly once, the longest first.

    Too little memory shows at the first batch then, not at the last.

    Raises:
        UsageError: `micro_batch_tokens` is below 1.
    """
    return _micro_batches(np.arange(len(lengths), dtype=np.int64), lengths, micro_batch_tokens)


def padding_waste(plan: Sequence[Rows], lengths: NDArray[np.int64]) -> float:
    """The share of padding among all tokens of the micro-batches in `plan`, from 0 to 1."""
    padded = sum(int(lengths[rows].max()) * len(rows) for rows in plan)
    real = sum(int(lengths[rows].sum()) for rows in plan)
    return 1 - real / padded if padded else 0.0


def _micro_batches(rows: Rows, lengths: NDArray[np.int64], budget: int) -> list[Rows]:
    """`rows`, the longest first, cut so that longest x texts stays within `budget`."""
    _check_positive("micro_batch_tokens", budget)
    rows = rows[np.argsort(-lengths[rows], kind="stable")]
    cuts: list[Rows] = []
    begin = 0
    while begin < len(rows):
        texts = max(1, budget // max(1, int(lengths[rows[begin]])))
        cuts.append(rows[begin : begin + texts])
        begin += texts
    return cuts


def _check_positive(name: str, value: int) -> None:
    if value < 1:
        raise UsageError(f"training.{name} must be at least 1, got {value}")
