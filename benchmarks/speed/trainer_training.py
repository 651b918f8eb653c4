"""Hugging Face's Trainer as a contestant: its defaults, but for what the task asks.

https://huggingface.co/docs/transformers/main_classes/trainer
"""

import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
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
from transformers import Trainer, TrainingArguments


def measured(task: Task, contestant: Contestant, seed: int) -> Training:
    """The measurement of one training with the Trainer, without evaluations and checkpoints."""
    torch.set_num_threads(task.threads)
    tokenizer = ready_made_tokenizer(task)
    watch = Stopwatch(task.device)
    examples = examples_of(task.train, tokenizer, task.max_length)
    tokenizing = None if task.random else watch.seconds()
    collator = CountingCollator(tokenizer)
    torch.manual_seed(seed)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=ready_made_model(task, contestant),
            args=arguments(task, contestant, seed, folder, save_strategy="no"),
            train_dataset=dataset(examples),
            data_collator=collator,
            processing_class=tokenizer,
        )
        watch = Stopwatch(task.device)
        taken = trainer.train().global_step
        seconds, waited = watch.seconds(), watch.waited(task.threads)
    amount = amount_of(lengths_of(examples))
    padded, memory = collator.cells, peak_bytes(task.device)
    return Training(
        seconds=seconds,
        waited=waited,
        amount=amount.times(task.epochs),
        padded_tokens=padded,
        peak_bytes=memory,
        tokenizing=tokenizing,
        steps=task.steps,
        taken=taken,
        rmse=_rmse(task, trainer, tokenizer) if task.quality else None,
    )


def arguments(
    task: Task, contestant: Contestant, seed: int, folder: str, **others: Any
) -> TrainingArguments:
    """The Trainer's defaults, but for what the task and the contestant ask, and `others`."""
    return TrainingArguments(
        output_dir=folder,
        per_device_train_batch_size=task.batch_size,
        per_device_eval_batch_size=contestant.rows_at_once,
        num_train_epochs=task.epochs,
        learning_rate=task.rate,
        warmup_steps=task.warmup,  # below 1: a share of all steps
        weight_decay=task.weight_decay,
        train_sampling_strategy="group_by_length" if contestant.grouped else "random",
        bf16=contestant.precision == "bf16",
        fp16=contestant.precision == "fp16",
        use_cpu=task.device == "cpu",
        seed=seed,
        report_to="none",
        disable_tqdm=True,
        **others,
    )


def _rmse(task: Task, trainer: Trainer, tokenizer: Any) -> float:
    examples = examples_of(task.valid, tokenizer, task.max_length)
    # grouped by length, predictions come in another order than the rows: so do these labels
    predicted, targets, _ = trainer.predict(dataset(examples))
    errors = np.asarray(predicted, np.float64).ravel() - np.asarray(targets, np.float64).ravel()
    return float(np.sqrt(np.mean(errors**2)))


def dataset(examples: Sequence[Example]) -> Any:
    """The examples; a list does all the Trainer asks of a dataset, but its annotation does not."""
    return examples
