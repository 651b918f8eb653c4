"""Times one small training step; run as a program, because a wrong instruction kills the process.

python -m foldwise.training.precision_probe bf16 2
"""

import json
import sys
import time

import torch
from torch import nn

from foldwise.settings import Precision
from foldwise.training.precision import autocast

TOKENS, WIDTH, INNER = 432, 384, 1536  # a batch of 16 short texts in a small encoder
ROUNDS, REPEATS = 8, 4


def seconds_of_training(precision: Precision) -> float:
    """Seconds for some steps of a feed-forward block: forward, backward, update.

    The fastest of several repeats: what the machine can, not what it was busy with.
    """
    block = nn.Sequential(nn.Linear(WIDTH, INNER), nn.GELU(), nn.Linear(INNER, WIDTH))
    optimizer = torch.optim.AdamW(block.parameters(), fused=True)
    tokens = torch.randn(TOKENS, WIDTH)
    seconds = []
    for _ in range(REPEATS + 1):  # the first compiles kernels
        started = time.perf_counter()
        for _ in range(ROUNDS):
            with autocast("cpu", precision):
                loss = block(tokens).float().square().mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    chosen: Precision = "bf16" if sys.argv[1] == "bf16" else "fp32"
    sys.stdout.write(json.dumps({"seconds": seconds_of_training(chosen)}) + "\n")
