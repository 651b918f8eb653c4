"""The micro-batches of each step of a training: epoch after epoch, each in an order of its own."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from foldwise import settings
from foldwise.tokenization.batches import Batch, epoch_plan
from foldwise.tokenization.tokens import Tokens
from foldwise.training.device_batch import batch_on
from foldwise.training.stages import epoch_steps
from foldwise.training.team import ALONE, Team


def step_batches(
    tokens: Tokens,
    rows: NDArray[np.int64],
    chosen: settings.Training,
    device: torch.device,
    *,
    micro_batch_tokens: int,
    done: int,
    seed_of: Callable[[int], int],
    team: Team = ALONE,
) -> Iterator[list[Batch]]:
    """The micro-batches of each step after the first `done`, without end.

    Args:
        tokens: of all texts.
        rows: positions of those that are learned from.
        chosen: says how many texts a step has.
        device: where the batches are wanted.
        micro_batch_tokens: padded tokens of a micro-batch, at most.
        done: steps already taken.
        seed_of: the seed of an epoch, by its number from 0.
        team: that shares each micro-batch out; a small one may have nothing for this process.
    """
    epoch, skipped = divmod(done, epoch_steps(len(rows), chosen.batch_size))
    lengths = tokens.lengths[rows]
    while True:
        seed = seed_of(epoch)
        plan = epoch_plan(lengths, chosen.batch_size, micro_batch_tokens, seed)
        for micro_batches in plan[skipped:]:
            shares = [team.share(where) for where in micro_batches]
            yield [batch_on(device, tokens, rows[where]) for where in shares if len(where)]
        epoch, skipped = epoch + 1, 0
