"""Processes that train one fold together, each from a share of every batch: data parallel.

They take the same steps with the same weights, and decide from numbers that all of them have, so
that none waits for another in vain. https://docs.pytorch.org/docs/stable/distributed.html
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor, nn

from foldwise.settings import Hardware


@dataclass(frozen=True)
class Team:
    """The processes of a fold, as one of them sees it.

    Attributes:
        rank: of this process, from 0; the first one leads: it alone writes and tells.
        size: of the team; 1: this process alone, which asks nobody.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes and tells for all."""
        return self.rank == 0

    def share(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """This process's part of the rows; of rows in the order of length each has a like one."""
        return rows[self.rank :: self.size]

    def gathered(self, share: Tensor, rows: int) -> Tensor:
        """(rows, outputs) on the CPU, the same bits for all, from each one's `share` of rows."""
        if self.size == 1:
            return share
        whole = share.new_zeros(rows, *share.shape[1:])
        whole[self.rank :: self.size] = share
        self.add_up([whole])  # to zeros of the others
        return whole

    def total(self, number: int) -> int:
        """The sum of all processes' numbers."""
        return self._reduced(number, dist.ReduceOp.SUM)

    def largest(self, number: int) -> int:
        """The largest of all processes' numbers."""
        return self._reduced(number, dist.ReduceOp.MAX)

    def any(self, flag: bool) -> bool:
        """Whether it is so for one of the processes."""
        return self.largest(int(flag)) > 0

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Set each tensor, in place, to the sum of all processes' tensors."""
        if self.size > 1:
            for sent in [dist.all_reduce(tensor, async_op=True) for tensor in tensors]:
                sent.wait()

    def add_up_gradients(self, model: nn.Module) -> None:
        """Sum the gradients of all processes; what has none in any of them has none after it."""
        if self.size == 1:
            return
        learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        reached = torch.tensor([int(parameter.grad is not None) for parameter in learning])
        self.add_up([reached])
        gradients = []
        for parameter, count in zip(learning, reached.tolist(), strict=True):
            if count and parameter.grad is None:  # not reached by this one's texts
                parameter.grad = torch.zeros_like(parameter)
            if parameter.grad is not None:
                gradients.append(parameter.grad)
        self.add_up(gradients)

    def wait(self) -> None:
        """Go on once all processes are here."""
        self.total(0)

    def _reduced(self, number: int, how: dist.ReduceOp.RedOpType) -> int:
        if self.size == 1:
            return number
        held = torch.tensor(number)
        dist.all_reduce(held, how)
        return int(held)


ALONE = Team()


@contextmanager
def joined_team(hardware: Hardware) -> Iterator[Team]:
    """The team that torchrun began this process for; this process alone where there is none.

    Numbers that the processes agree on stay on the CPU: reading them does not wait for the GPU.
    """
    if hardware.processes == 1:
        yield ALONE
        return
    if hardware.device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("cpu:gloo,cuda:nccl" if hardware.device == "cuda" else "gloo")
    yield Team(dist.get_rank(), dist.get_world_size())
    dist.destroy_process_group()  # not after an error: the others may be waiting for this process
