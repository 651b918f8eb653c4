"""All folds of a cross-validation with Hugging Face's Trainer, one after the other.

python -m speed.trainer_folds TASK.json FOLDS.json CONTESTANT-AS-JSON SEED OUTPUT-FOLDER

As a careful user writes it: tokens made once, a validation and a checkpoint twice an epoch, the
best checkpoint's predictions of the fold's rows and of the test rows.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from speed.ready_made import Example, examples_of, ready_made_model, ready_made_tokenizer
from speed.task import Contestant, Task, contestant_from, read_task
from speed.trainer_training import arguments, dataset
from transformers import DataCollatorWithPadding, Trainer

LOOKS = 2  # validations an epoch

Values = NDArray[np.float64]


def main(task: str, folds: str, contestant: str, seed: str, output: str) -> int:
    """The exit code, after OOF and test predictions were written as `oof.csv` and `test.csv`."""
    given, asked = read_task(Path(task)), contestant_from(contestant)
    fold_of = np.array(json.loads(Path(folds).read_text(encoding="utf-8")))
    torch.set_num_threads(given.threads)
    tokenizer = ready_made_tokenizer(given)
    train = examples_of(given.train, tokenizer, given.max_length)
    test = examples_of(given.valid, tokenizer, given.max_length)
    oof, tests = np.empty(len(train)), []
    for fold in range(int(fold_of.max()) + 1):
        learned, held = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        with tempfile.TemporaryDirectory() as folder:
            trainer = _trained(given, asked, int(seed) + fold, tokenizer, folder, [
                [train[i] for i in learned], [train[i] for i in held]
            ])  # fmt: skip
            oof[held] = _predicted(trainer, [train[i] for i in held])
            tests.append(_predicted(trainer, test))
    np.savetxt(Path(output) / "oof.csv", oof)
    np.savetxt(Path(output) / "test.csv", np.mean(tests, axis=0))
    return 0


def _trained(
    task: Task,
    contestant: Contestant,
    seed: int,
    tokenizer: Any,
    folder: str,
    parts: Sequence[Sequence[Example]],
) -> Trainer:
    learned, held = parts
    steps = -(-len(learned) // task.batch_size)
    torch.manual_seed(seed)
    every = max(1, steps // LOOKS)
    trainer = Trainer(
        model=ready_made_model(task, contestant),
        args=arguments(
            task, contestant, seed, folder,
            eval_strategy="steps", eval_steps=every, save_strategy="steps", save_steps=every,
            save_total_limit=2, load_best_model_at_end=True,
        ),
        train_dataset=dataset(learned),
        eval_dataset=dataset(held),
        data_collator=DataCollatorWithPadding(tokenizer),
        processing_class=tokenizer,
    )  # fmt: skip
    trainer.train()
    return trainer


def _predicted(trainer: Trainer, examples: Sequence[Example]) -> Values:
    """(rows,) in the order of `examples`: the rows' numbers go along as labels, and come back."""
    numbered = [{**example, "labels": float(i)} for i, example in enumerate(examples)]
    values, numbers, _ = trainer.predict(dataset(numbered))
    ordered = np.empty(len(examples))
    ordered[np.asarray(numbers).ravel().astype(int)] = np.asarray(values, np.float64).ravel()
    return ordered


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
