"""fastai as a contestant: discriminative rates and one-cycle, as its course teaches.

Run by the interpreter of an environment of its own, which need not have Foldwise.

https://docs.fast.ai/callback.schedule.html#learner.fit_one_cycle
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import fastai.callback.schedule  # noqa: F401 - gives Learner its fit_one_cycle
import torch
from fastai.callback.core import Callback, CancelValidException
from fastai.callback.fp16 import MixedPrecision
from fastai.callback.training import GradientClip
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
from fastai.optimizer import Adam
from speed.flops import amount_of
from speed.measurement import Training
from speed.ready_made import (
    CountingCollator,
    Example,
    examples_of,
    lengths_of,
    ready_made_model,
    ready_made_tokenizer,
)
from speed.stopwatch import Stopwatch, peak_bytes
from speed.task import Contestant, Task
from torch import Tensor, nn

SPAN = 5.0  # the top layers' rate over the lowest ones'; those between grow evenly in logarithms


class _NoValidation(Callback):  # type: ignore[misc]  # fastai has no types
    """Leaves out the pass over the validation rows that a Learner makes after each epoch."""

    def before_validate(self) -> None:
        raise CancelValidException


class _Outputs(nn.Module):
    """The ready-made model, from a batch's inputs to its (rows,) outputs."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        outputs: Tensor = self.model(**inputs).logits.squeeze(-1)
        return outputs


def measured(task: Task, contestant: Contestant, seed: int) -> Training:
    """The measurement of one training with fastai, without validation."""
    torch.set_num_threads(task.threads)
    torch.manual_seed(seed)
    tokenizer = ready_made_tokenizer(task)
    watch = Stopwatch(task.device)
    examples = examples_of(task.train, tokenizer, task.max_length)
    tokenizing = None if task.random else watch.seconds()
    collator = CountingCollator(tokenizer)
    learner = _learner(task, contestant, examples, collator)
    watch = Stopwatch(task.device)
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(
            task.epochs, lr_max=slice(task.rate / SPAN, task.rate), wd=task.weight_decay
        )
    seconds, waited = watch.seconds(), watch.waited(task.threads)
    amount, memory, padded = (
        amount_of(lengths_of(examples)),
        peak_bytes(task.device),
        collator.cells,
    )
    return Training(
        seconds=seconds,
        waited=waited,
        amount=amount.times(task.epochs),
        padded_tokens=padded,
        peak_bytes=memory,
        tokenizing=tokenizing,
        steps=task.steps,
        taken=task.steps,
        rmse=_rmse(task, learner.model, tokenizer, contestant) if task.quality else None,
    )


def _learner(
    task: Task, contestant: Contestant, examples: list[Example], collator: CountingCollator
) -> Any:
    callbacks: list[Callback] = [GradientClip(1.0), _NoValidation()]
    if contestant.precision != "fp32":
        callbacks.append(MixedPrecision(amp_mode=contestant.precision))
    loader = DataLoader(
        examples, bs=task.batch_size, shuffle=True, create_batch=_batches(collator),
        device=torch.device(task.device),
    )  # fmt: skip
    return Learner(
        DataLoaders(loader, loader, device=task.device),
        _Outputs(ready_made_model(task, contestant)).to(task.device),
        loss_func=nn.MSELoss(),
        opt_func=partial(Adam, decouple_wd=True),
        splitter=partial(_layer_groups, layers=task.shape.layers),
        cbs=callbacks,
        train_bn=False,
    )


def _batches(collator: CountingCollator) -> Callable[[list[Example]], tuple[Any, Tensor]]:
    def create(examples: list[Example]) -> tuple[Any, Tensor]:
        batch = collator(examples)
        return {name: batch[name] for name in batch if name != "labels"}, batch["labels"].float()

    return create


def _layer_groups(model: nn.Module, layers: int) -> list[list[nn.Parameter]]:
    """The parameters of the embeddings, each layer and the head: a learning rate each."""
    lists = [m for m in model.modules() if isinstance(m, nn.ModuleList) and len(m) == layers]
    number = {id(p): i + 1 for i, layer in enumerate(lists[0]) for p in layer.parameters()}
    groups: list[list[nn.Parameter]] = [[] for _ in range(layers + 2)]
    for name, parameter in model.named_parameters():
        home = 0 if "embeddings" in name else layers + 1
        groups[number.get(id(parameter), home)].append(parameter)
    return groups


@torch.inference_mode()
def _rmse(task: Task, model: nn.Module, tokenizer: Any, contestant: Contestant) -> float:
    model.eval()
    collator = CountingCollator(tokenizer)
    examples = examples_of(task.valid, tokenizer, task.max_length)
    squares: list[Tensor] = []
    reduced = contestant.precision != "fp32"
    types = torch.bfloat16 if contestant.precision == "bf16" else torch.float16
    for begin in range(0, len(examples), task.batch_size):
        batch = collator(examples[begin : begin + task.batch_size])
        moved = {name: value.to(task.device) for name, value in batch.items()}
        targets = moved.pop("labels").double()
        with torch.autocast(task.device, types, enabled=reduced):
            outputs = model(moved)
        squares.append((outputs.double() - targets) ** 2)
    return float(torch.cat(squares).mean().sqrt())
