"""Foldwise's tokenization as a contestant: the first time, and from its cache."""

import tempfile
from pathlib import Path

from speed.flops import amount_of
from speed.foldwise_parts import tokenizer_of
from speed.measurement import Measurement
from speed.stopwatch import Stopwatch
from speed.task import Contestant, Task

from foldwise.tokenization.tokens import tokenize


def measured(task: Task, contestant: Contestant, _seed: int) -> Measurement:
    """The measurement of the rows' tokenization; as "foldwise cached", of the second time."""
    tokenizer = tokenizer_of(task)
    if tokenizer is None:
        raise ValueError("random ids are not tokenized")
    texts = [(text,) for text in task.train.texts]
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        if contestant.system == "foldwise cached":
            tokenize(tokenizer, texts, cache)
        watch = Stopwatch("cpu")
        tokens = tokenize(tokenizer, texts, cache)  # the first time, it also writes them
        seconds, waited = watch.seconds(), watch.waited(task.threads)
    return Measurement(seconds=seconds, waited=waited, amount=amount_of(tokens.lengths))
