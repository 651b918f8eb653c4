"""What the Trainer and the plain script start from: a ready-made model and its tokenizer."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from speed.task import Contestant, Rows, Task
from tokenizers import Tokenizer as Backend
from tokenizers.models import WordLevel
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PreTrainedTokenizerFast,
)

ROBERTA_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # in the order of their ids

Example = Mapping[str, Any]


def ready_made_model(task: Task, contestant: Contestant) -> Any:
    """The encoder with transformers' own regression head, in float32 on the CPU."""
    config = AutoConfig.from_pretrained(task.encoder, num_labels=1, problem_type="regression")
    if contestant.dropout is not None:
        # imported here: fastai's environment need not have Foldwise
        from foldwise.modeling.dropout import set_dropout

        set_dropout(config, contestant.dropout)
    if task.random:
        make: Any = AutoModelForSequenceClassification.from_config  # it has no annotations
        return make(config, dtype=torch.float32)
    return AutoModelForSequenceClassification.from_pretrained(
        task.encoder, config=config, dtype=torch.float32
    )


def ready_made_tokenizer(task: Task) -> Any:
    """The encoder's tokenizer; for token ids, one that can only pad."""
    if not task.random:
        return AutoTokenizer.from_pretrained(task.encoder)
    words = {word: number for number, word in enumerate(ROBERTA_SPECIAL)}
    backend = Backend(WordLevel(words, unk_token=ROBERTA_SPECIAL[3]))
    make: Any = PreTrainedTokenizerFast  # it has no annotations
    return make(tokenizer_object=backend, pad_token=ROBERTA_SPECIAL[1])


def examples_of(rows: Rows, tokenizer: Any, max_length: int) -> list[Example]:
    """Each row as the Trainer takes it: ids, mask, segments if the encoder has them, its label."""
    if rows.ids is None:
        encoded = tokenizer(list(rows.texts), truncation=True, max_length=max_length)
    else:
        encoded = {
            "input_ids": [list(ids) for ids in rows.ids],
            "attention_mask": [[1] * len(ids) for ids in rows.ids],
        }
    return [
        {name: values[i] for name, values in encoded.items()} | {"labels": rows.targets[i]}
        for i in range(len(rows))
    ]


class CountingCollator:
    """Pads examples, to the longest in the batch or to a fixed length, and counts what it made.

    Attributes:
        cells: tokens in all batches so far, padding included.
    """

    def __init__(self, tokenizer: Any, pad_to: int | None = None) -> None:
        how: Any = {"padding": True} if pad_to is None else {"padding": "max_length"}
        self._pad = DataCollatorWithPadding(tokenizer, max_length=pad_to, **how)
        self.cells = 0

    def __call__(self, examples: Sequence[Example]) -> dict[str, Any]:
        """The examples as one batch."""
        batch: dict[str, Any] = self._pad([dict(example) for example in examples])
        self.cells += batch["input_ids"].numel()
        return batch


def lengths_of(examples: Sequence[Example]) -> list[int]:
    """Real tokens of each example."""
    return [len(example["input_ids"]) for example in examples]
