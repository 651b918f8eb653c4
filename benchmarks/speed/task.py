"""What every contestant of the speed benchmark is given: rows, an encoder, and how to learn."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from speed.flops import ModelShape

System = Literal[
    "foldwise", "trainer", "plain", "fastai",
    "python loop", "transformers batch", "tokenizers batch", "foldwise cached",
]  # fmt: skip
Precision = Literal["fp32", "bf16", "fp16"]
Attention = Literal["sdpa", "packed"]
WARM_UP_STEPS = 4


@dataclass(frozen=True)
class Rows:
    """Texts with their targets; token ids stand in for the texts of an encoder without words.

    Attributes:
        texts: one a row; empty where there are `ids`.
        ids: each row's token ids, special ones included; None where there are texts.
        targets: one a row.
    """

    texts: Sequence[str]
    ids: Sequence[Sequence[int]] | None
    targets: Sequence[float]

    def __len__(self) -> int:
        return len(self.targets)

    def first(self, count: int) -> "Rows":
        """The first `count` rows."""
        ids = None if self.ids is None else self.ids[:count]
        return Rows(self.texts[:count], ids, self.targets[:count])


@dataclass(frozen=True)
class Task:
    """The same for every contestant.

    Attributes:
        encoder: a folder with config.json, and tokenizer and weights unless it is `random`.
        random: the encoder starts from random weights and has no tokenizer.
        rate: peak learning rate of the encoder.
        warmup: share of all steps.
        max_length: tokens a text, special ones included; the plain script pads to it.
        quality: whether the validation rows are predicted after training.
        shape: of the encoder, for counting its operations.
    """

    encoder: str
    random: bool
    train: Rows
    valid: Rows
    epochs: int
    batch_size: int
    rate: float
    warmup: float
    weight_decay: float
    max_length: int
    device: Literal["cpu", "cuda"]
    threads: int
    quality: bool
    shape: ModelShape

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole training."""
        return self.epochs * -(-len(self.train) // self.batch_size)

    def warm_up(self) -> "Task":
        """The same with few rows: kernels are compiled and memory is mapped, before time counts."""
        few = self.train.first(WARM_UP_STEPS * self.batch_size)
        return replace(self, train=few, epochs=1, quality=False)

    def write(self, path: Path) -> None:
        """Write it as JSON, for the contestants' processes."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read_task(path: Path) -> Task:
    """The task that `Task.write` wrote."""
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    parts: dict[str, Any] = {part: Rows(**table[part]) for part in ("train", "valid")}
    layers = [(int(outputs), int(inputs)) for outputs, inputs in table["shape"]["matrices"]]
    shape = ModelShape(**(table["shape"] | {"matrices": tuple(layers)}))
    return Task(**(table | parts | {"shape": shape}))


@dataclass(frozen=True)
class Contestant:
    """One line of the table.

    Attributes:
        label: its name in the table.
        dropout: the encoder's share of dropout; None: what the system does if not told.
        grouped: Trainer only: batches of texts of nearly equal length.
        frozen_embeddings: Foldwise only: the embeddings do not learn.
        one_rate: Foldwise only: the head learns at the encoder's rate, not at its own.
        attention: Foldwise only: "packed" is that of texts one after the other, without padding,
            "sdpa" that of padded ones; "auto": what it chooses by itself.
        rows_at_once: Trainer only: rows a batch in a prediction.
        python: the interpreter of an environment of its own; empty: this one.
    """

    label: str
    system: System
    precision: Precision
    dropout: float | None = None
    grouped: bool = False
    frozen_embeddings: bool = False
    one_rate: bool = False
    attention: Attention | Literal["auto"] = "auto"
    rows_at_once: int = 8
    python: str = ""

    def to_json(self) -> str:
        """Its fields, for the command line of its process."""
        return json.dumps(asdict(self))


def contestant_from(text: str) -> Contestant:
    """The contestant that `Contestant.to_json` wrote."""
    return Contestant(**json.loads(text))
