"""What the attention poolings of a trained run's models weigh each token of a text with."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from foldwise.pipeline.fold_models import FinishedRun, encoder_models
from foldwise.tokenization.batches import prediction_plan
from foldwise.tokenization.spans import PartTokens, token_spans
from foldwise.tokenization.tokens import Tokens, tokenize
from foldwise.training.device_batch import batch_on, tokens_at_once
from foldwise.training.forward import Forward
from foldwise.training.precision import autocast

FloatArray = NDArray[np.float64]
Weights = list[list[tuple[PartTokens, FloatArray]]]


def weighed_tokens(run: FinishedRun, texts: Sequence[tuple[str, ...]], fold: int | None) -> Weights:
    """For each text its parts: their tokens, and a weight each.

    Args:
        run: whose pooling, or the one beside it, is attention.
        texts: with equally many parts.
        fold: of the model that is asked; None: the mean over all.
    """
    asked = run.folds if fold is None else (fold,)
    models = encoder_models(run, asked)
    tokens = tokenize(models.tokenizer, list(texts), cache=None)
    sums = [np.zeros(length) for length in tokens.lengths.tolist()]
    for forward in models.of_folds():
        for row, weights in _weights(forward, tokens, run.settings.training.micro_batch_tokens):
            sums[row] += weights / len(asked)
    return [
        [(part, total[part.places]) for part in parts]
        for parts, total in zip(token_spans(models.tokenizer, texts), sums, strict=True)
    ]


@torch.inference_mode()
def _weights(forward: Forward, tokens: Tokens, most: int) -> Iterator[tuple[int, FloatArray]]:
    """Each text's position and the weights of its tokens, special ones included."""
    model = forward.model.eval()
    device = next(model.parameters()).device
    for positions in prediction_plan(tokens.lengths, tokens_at_once(device, most)):
        batch = batch_on(device, tokens, positions)
        with autocast(device.type, forward.hardware.precision):
            found = model.token_weights(batch.input_ids, batch.attention_mask, batch.token_type_ids)
        table = found.double().cpu().numpy()
        for row, weights, present in zip(batch.host_rows, table, batch.host_present, strict=True):
            yield int(row), weights[present]
