"""What is done where a GPU's memory is full: fewer texts at once, and the same batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch

from foldwise.errors import FoldFailed
from foldwise.journal import Journal

Result = TypeVar("Result")


class MemoryFull(Exception):
    """A step found no memory for its gradient; nothing has changed, and it can be taken again."""


@dataclass
class TokenBudget:
    """How many padded tokens go through the model at once.

    A batch is the same in more, smaller micro-batches: so is its gradient, but for rounding (and
    for what dropout draws).

    Attributes:
        tokens: at once; halved where memory is full.
        longest: tokens of the longest text, which cannot be cut.
        journal: where each halving is noted; None: nowhere.
    """

    tokens: int
    longest: int
    journal: Journal | None = None

    def within(self, compute: Callable[[int], Result], largest: int) -> Result:
        """What `compute` makes with so many tokens at once; tried with ever fewer.

        Args:
            compute: changes nothing until it has succeeded.
            largest: no more tokens than these are ever at once.

        Raises:
            FoldFailed: there is no memory for a single text.
        """
        while True:
            try:
                return compute(self.tokens)
            except torch.OutOfMemoryError as error:
                reason = first_line(error)
            # out of the clause above, which holds the error, its frames, and so their tensors
            self.halve(reason, largest)

    def halve(self, reason: str, largest: int, **facts: int) -> None:
        """Let half as many tokens through at once as were too many.

        Args:
            reason: what the GPU's driver says.
            largest: the most tokens that were at once.
            facts: more for the journal, such as the step.

        Raises:
            FoldFailed: there was one text at a time already.
        """
        tried = min(self.tokens, largest)
        if tried <= self.longest:
            raise FoldFailed(
                f"the GPU's memory is full with a single text of {self.longest:,} tokens at a time "
                f"({reason}); set training.gradient_checkpointing=true, lower encoder.max_length, "
                f"or choose a smaller encoder"
            )
        before, self.tokens = self.tokens, max(self.longest, tried // 2)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if self.journal is not None:
            self.journal.write(
                "memory full", reason=reason, micro_batch_tokens=before, now=self.tokens, **facts
            )


def first_line(error: BaseException) -> str:
    """What an error says, without the details below."""
    return str(error).partition("\n")[0]
