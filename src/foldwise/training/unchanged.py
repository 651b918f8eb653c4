"""Trying something out on a learner: afterwards everything is as it was, to the bit."""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from foldwise.training.averaging import Average
from foldwise.training.loop import Learner
from foldwise.training.schedules import Scheduler

Restore = Callable[[], None]


@contextmanager
def unchanged(learner: Learner) -> Iterator[None]:
    """While open, the learner may take steps; they are undone at the end, also of an exception.

    Undone are parameters and their gradients, buffers, modes, what requires a gradient, the
    optimizer, the scheduler, the scaler, the average, and torch's random numbers. The tensors stay
    the same objects, as others hold them too.
    """
    on_gpu = next(learner.model.parameters()).device.type == "cuda"
    gpus = range(torch.cuda.device_count()) if on_gpu else ()
    with ExitStack() as undone, torch.random.fork_rng(gpus):
        undone.callback(_of_model(learner.model))
        undone.callback(_of_optimizer(learner.optimizer))
        undone.callback(_of_scheduler(learner.scheduler))
        undone.callback(_of_scaler(learner.scaler))
        if learner.average is not None:
            undone.callback(_of_average(learner.average))
        yield


def _of_model(model: nn.Module) -> Restore:
    tensors = _copied([*model.parameters(), *model.buffers()])
    gradients = [(p, p.requires_grad, p.grad, _copy(p.grad)) for p in model.parameters()]
    modes = [(module, module.training) for module in model.modules()]

    def restore() -> None:
        _put_back(tensors)
        for parameter, learns, gradient, values in gradients:
            parameter.requires_grad_(learns)
            parameter.grad = gradient
            if gradient is not None and values is not None:
                gradient.copy_(values)
        for module, training in modes:
            module.training = training

    return restore


def _of_optimizer(optimizer: Optimizer) -> Restore:
    state = {parameter: dict(values) for parameter, values in optimizer.state.items()}
    tensors = _copied([v for own in state.values() for v in own.values() if isinstance(v, Tensor)])
    groups = [{**group, "params": list(group["params"])} for group in optimizer.param_groups]

    def restore() -> None:
        _put_back(tensors)
        optimizer.state.clear()
        optimizer.state.update(state)
        for group, before in zip(optimizer.param_groups, groups, strict=True):
            group.clear()
            group.update(before)

    return restore


def _of_scheduler(scheduler: Scheduler) -> Restore:
    before = dict(vars(scheduler))  # numbers and functions; the optimizer is another's concern
    return lambda: vars(scheduler).update(before)


def _of_scaler(scaler: GradScaler) -> Restore:
    # a copy, and taken back, as a pickle would be: it holds what `state_dict` leaves out too
    before = copy.deepcopy(scaler)
    return lambda: scaler.__setstate__(before.__getstate__())


def _of_average(average: Average) -> Restore:
    count, weights = average.count, dict(average.weights)
    tensors = _copied(list(weights.values()))

    def restore() -> None:
        _put_back(tensors)
        average.count, average.weights = count, weights

    return restore


def _copied(tensors: list[Tensor]) -> list[tuple[Tensor, Tensor]]:
    """Each tensor, and its values now."""
    return [(tensor, tensor.detach().clone()) for tensor in tensors]


def _copy(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.detach().clone()


@torch.no_grad()
def _put_back(tensors: list[tuple[Tensor, Tensor]]) -> None:
    for tensor, values in tensors:
        tensor.copy_(values)
