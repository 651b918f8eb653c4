"""Hugging Face's Trainer as a contestant in prediction."""

import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from speed.alone import checked_rows, largest_difference, sharpen
from speed.flops import amount_of
from speed.measurement import Prediction
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
from speed.trainer_training import arguments, dataset
from transformers import Trainer


def measured(task: Task, contestant: Contestant, seed: int) -> Prediction:
    """The measurement of one prediction of the training rows; they are tokenized before.

    Grouped by length the Trainer gives its predictions in another order than the rows. What comes
    back beside them are the labels, so each row's label is its number.
    """
    torch.set_num_threads(task.threads)
    tokenizer = ready_made_tokenizer(task)
    examples = [
        {**example, "labels": float(number)}
        for number, example in enumerate(examples_of(task.train, tokenizer, task.max_length))
    ]
    model = ready_made_model(task, contestant)
    sharpen(model)
    alone = _one_by_one(task, model, tokenizer, examples)
    collator = CountingCollator(tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        full = {f"{contestant.precision}_full_eval": True} if contestant.precision != "fp32" else {}
        trainer = Trainer(
            model=model,
            args=arguments(task, contestant, seed, folder, **full),
            data_collator=collator,
            processing_class=tokenizer,
        )
        watch = Stopwatch(task.device)
        predicted, numbers, _ = trainer.predict(dataset(examples))
        seconds, waited = watch.seconds(), watch.waited(task.threads)
    outputs = np.empty(len(examples))
    outputs[np.asarray(numbers).ravel().astype(int)] = np.asarray(predicted, np.float64).ravel()
    return Prediction(
        seconds=seconds,
        waited=waited,
        amount=amount_of(lengths_of(examples)),
        padded_tokens=collator.cells,
        peak_bytes=peak_bytes(task.device),
        off=largest_difference(outputs, alone),
    )


@torch.inference_mode()
def _one_by_one(
    task: Task, model: Any, tokenizer: Any, examples: Sequence[Example]
) -> NDArray[np.float64]:
    """(checked rows,) outputs of rows alone, in float32."""
    collator = CountingCollator(tokenizer)
    model.to(task.device).eval()
    outputs = []
    for row in checked_rows(len(examples)):
        inputs = {key: value.to(task.device) for key, value in collator([examples[row]]).items()}
        del inputs["labels"]
        outputs.append(float(model(**inputs).logits))
    return np.array(outputs)
