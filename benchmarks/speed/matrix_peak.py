"""How fast this machine multiplies matrices of a model's own shapes, and nothing else."""

import time
from collections import Counter
from collections.abc import Callable

import torch
from speed.flops import ModelShape
from speed.measurement import Computed, Prediction
from speed.task import Contestant, Precision, Task
from torch import Tensor

ENOUGH_SECONDS = 0.02  # a shorter measurement says more about the clock
REPEATS = 5
PREDICTED_AT_ONCE = {"cpu": 2048, "cuda": 16384}  # tokens: Foldwise's budgets
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def matrix_peak(
    shape: ModelShape, tokens: int, precision: Precision, device: str, *, learns: bool
) -> float:
    """Operations a second in products of `tokens` rows with the matrices of `shape`, at their best.

    Each shape's fastest of several repeats counts, so that what else the machine does is left out.

    Args:
        shape: of the encoder.
        tokens: rows of the factor that is not a matrix of the model's.
        precision: of both factors.
        device: "cpu" or "cuda".
        learns: also the two products of the backward pass, which have other layouts.
    """
    seconds, operations = 0.0, 0
    for (outputs, inputs), count in Counter(shape.matrices).items():
        for product in _products(tokens, outputs, inputs, TYPES[precision], device, learns=learns):
            seconds += count * _fastest(product, device)
            operations += count * 2 * tokens * outputs * inputs
    return operations / seconds


def _products(
    tokens: int, outputs: int, inputs: int, dtype: torch.dtype, device: str, *, learns: bool
) -> list[Callable[[], Tensor]]:
    """A layer's products: its outputs, then the gradients of its inputs and of its matrix."""
    states = torch.randn(tokens, inputs, dtype=dtype, device=device)
    matrix = torch.randn(outputs, inputs, dtype=dtype, device=device)
    gradient = torch.randn(tokens, outputs, dtype=dtype, device=device)
    forward = [lambda: states @ matrix.T]
    return [*forward, lambda: gradient @ matrix, lambda: gradient.T @ states] if learns else forward


def _fastest(product: Callable[[], Tensor], device: str) -> float:
    """Seconds of one product."""
    _seconds(product, 3, device)  # kernels are chosen and compiled here
    times = max(1, round(ENOUGH_SECONDS / max(_seconds(product, 3, device) / 3, 1e-7)))
    return min(_seconds(product, times, device) for _ in range(REPEATS)) / times


def _seconds(product: Callable[[], Tensor], times: int, device: str) -> float:
    _wait(device)
    began = time.perf_counter()
    for _ in range(times):
        product()
    _wait(device)
    return time.perf_counter() - began


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def peak_beside(done: Computed, task: Task, contestant: Contestant) -> float:
    """The matrix peak to compare `done` with: in its precision, for batches of its size."""
    if isinstance(done, Prediction):
        at_once = PREDICTED_AT_ONCE[task.device]
        return matrix_peak(task.shape, at_once, contestant.precision, task.device, learns=False)
    at_once = round(task.batch_size * done.amount.tokens / done.amount.rows)
    return matrix_peak(task.shape, at_once, contestant.precision, task.device, learns=True)
