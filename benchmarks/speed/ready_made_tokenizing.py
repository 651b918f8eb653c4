"""Tokenization as transformers and tokenizers offer it."""

from collections.abc import Callable, Sequence
from typing import Any

from speed.flops import amount_of
from speed.measurement import Measurement
from speed.ready_made import ready_made_tokenizer
from speed.stopwatch import Stopwatch
from speed.task import Contestant, System, Task


def measured(task: Task, contestant: Contestant, _seed: int) -> Measurement:
    """The measurement of the rows' tokenization, to lists of ids."""
    tokenizer, texts = ready_made_tokenizer(task), list(task.train.texts)
    encode = WAYS[contestant.system]
    watch = Stopwatch("cpu")
    ids = encode(tokenizer, texts, task.max_length)
    seconds, waited = watch.seconds(), watch.waited(task.threads)
    return Measurement(seconds=seconds, waited=waited, amount=amount_of(map(len, ids)))


def _one_by_one(tokenizer: Any, texts: list[str], most: int) -> Sequence[list[int]]:
    return [tokenizer(text, truncation=True, max_length=most)["input_ids"] for text in texts]


def _as_batch(tokenizer: Any, texts: list[str], most: int) -> Sequence[list[int]]:
    ids: list[list[int]] = tokenizer(texts, truncation=True, max_length=most)["input_ids"]
    return ids


def _by_the_backend(tokenizer: Any, texts: list[str], most: int) -> Sequence[list[int]]:
    backend = tokenizer.backend_tokenizer
    backend.enable_truncation(most)
    backend.no_padding()  # which a tokenizer.json may ask for
    return [encoding.ids for encoding in backend.encode_batch_fast(texts)]


WAYS: dict[System, Callable[[Any, list[str], int], Sequence[list[int]]]] = {
    "python loop": _one_by_one,
    "transformers batch": _as_batch,
    "tokenizers batch": _by_the_backend,
}
