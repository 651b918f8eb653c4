"""Foldwise as a contestant in prediction."""

import numpy as np
import torch
from speed.alone import checked_rows, largest_difference, sharpen
from speed.flops import amount_of
from speed.foldwise_parts import model_of, settings_of, tokenizer_of, tokens_of
from speed.measurement import Prediction
from speed.stopwatch import Stopwatch, peak_bytes
from speed.task import Contestant, Task

from foldwise.settings import Hardware, Training
from foldwise.tokenization.batches import prediction_plan
from foldwise.tokenization.tokens import Tokens
from foldwise.training.device_batch import GPU_MULTIPLE, tokens_at_once
from foldwise.training.forward import Forward
from foldwise.training.hardware import prepare_process
from foldwise.training.prediction import predict


def measured(task: Task, contestant: Contestant, seed: int) -> Prediction:
    """The measurement of one prediction of the training rows; they are tokenized before."""
    chosen = settings_of(task, contestant, seed)
    prepare_process(chosen.hardware)
    tokens = tokens_of(task.train, tokenizer_of(task))
    model = model_of(task, chosen)
    sharpen(model)
    budget, rows = Training().micro_batch_tokens, np.arange(len(tokens), dtype=np.int64)
    watch = Stopwatch(task.device)
    outputs = predict(Forward(model, chosen.hardware), tokens, rows, budget)
    seconds, waited = watch.seconds(), watch.waited(task.threads)
    alone = [slice(row, row + 1) for row in checked_rows(len(rows))]
    exact = Forward(model, Hardware(device=task.device, precision="fp32", threads=task.threads))
    return Prediction(
        seconds=seconds,
        waited=waited,
        amount=amount_of(tokens.lengths),
        padded_tokens=_cells(task, tokens, budget),
        peak_bytes=peak_bytes(task.device),
        off=largest_difference(
            outputs[:, 0].double().numpy(),
            np.array([float(predict(exact, tokens, rows[at], budget)) for at in alone]),
        ),
    )


def _cells(task: Task, tokens: Tokens, budget: int) -> int:
    """Tokens of all batches, padding included, as `predict` makes them."""
    at_once = tokens_at_once(torch.device(task.device), budget)
    multiple = GPU_MULTIPLE if task.device == "cuda" else 1
    plan = prediction_plan(tokens.lengths, at_once)
    return sum(-(-int(tokens.lengths[at].max()) // multiple) * multiple * len(at) for at in plan)
