"""Hugging Face's Trainer as a contestant: its defaults, but for what the task asks.

https://huggingface.co/docs/transformers/main_classes/trainer
"""

import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from speed.measurement import Measurement, Stopwatch, peak_bytes
from speed.ready_made import (
    CountingCollator,
    Example,
    examples_of,
    ready_made_model,
    ready_made_tokenizer,
    tokens_of,
)
from speed.task import Contestant, Task
from transformers import Trainer, TrainingArguments


def train_with_trainer(task: Task, contestant: Contestant, seed: int) -> Measurement:
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
            args=_arguments(task, contestant, seed, folder),
            train_dataset=_dataset(examples),
            data_collator=collator,
            processing_class=tokenizer,
        )
        watch = Stopwatch(task.device)
        taken = trainer.train().global_step
        seconds, waited = watch.seconds(), watch.waited(task.threads)
    return Measurement(
        seconds=seconds,
        tokenizing=tokenizing,
        steps=task.steps,
        taken=taken,
        tokens=tokens_of(examples) * task.epochs,
        padded_tokens=collator.cells,
        peak_bytes=peak_bytes(task.device),
        waited=waited,
        rmse=_rmse(task, trainer, tokenizer) if task.quality else None,
    )


def _arguments(task: Task, contestant: Contestant, seed: int, folder: str) -> TrainingArguments:
    return TrainingArguments(
        output_dir=folder,
        per_device_train_batch_size=task.batch_size,
        num_train_epochs=task.epochs,
        learning_rate=task.rate,
        warmup_steps=task.warmup,  # below 1: a share of all steps
        weight_decay=task.weight_decay,
        train_sampling_strategy="group_by_length" if contestant.grouped else "random",
        bf16=contestant.precision == "bf16",
        fp16=contestant.precision == "fp16",
        use_cpu=task.device == "cpu",
        seed=seed,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def _rmse(task: Task, trainer: Trainer, tokenizer: Any) -> float:
    examples = examples_of(task.valid, tokenizer, task.max_length)
    predicted = np.asarray(trainer.predict(_dataset(examples)).predictions, np.float64).ravel()
    return float(np.sqrt(np.mean((predicted - np.asarray(task.valid.targets)) ** 2)))


def _dataset(examples: Sequence[Example]) -> Any:
    """The examples; a list does all the Trainer asks of a dataset, but its annotation does not."""
    return examples
