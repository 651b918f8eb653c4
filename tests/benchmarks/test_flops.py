"""Counted operations, against torch's own count of a real forward and backward pass."""

from pathlib import Path

import pytest
import torch
from speed.encoder_shape import shape_of
from speed.flops import Amount, ModelShape, amount_of, prediction_flops, training_flops
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModel

from tests.tiny_encoders import Family, make_tiny_encoder

LENGTHS = (5, 7, 12)


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_counted_operations_are_those_that_torch_counts(family: Family, tmp_path: Path) -> None:
    folder = make_tiny_encoder(tmp_path, family)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager")
    if hasattr(model, "pooler"):
        model.pooler = None  # one matrix on one token a text: left out of the formula
    shape, amount = shape_of(str(folder)), amount_of(LENGTHS)
    with FlopCounterMode(display=False) as forward:
        outputs = [model(torch.full((1, length), 5)).last_hidden_state.sum() for length in LENGTHS]
    with FlopCounterMode(display=False) as backward:
        torch.stack(outputs).sum().backward()
    # each text alone: no padding, so all that is computed is asked for
    assert forward.get_total_flops() == prediction_flops(shape, amount)
    assert forward.get_total_flops() + backward.get_total_flops() == training_flops(shape, amount)


def test_the_shape_has_every_matrix_of_the_layers_and_no_other(tmp_path: Path) -> None:
    shape = shape_of(str(make_tiny_encoder(tmp_path, "bert", layers=3, width=16)))
    inner = shape.matrices[4][0]
    one_layer = [(16, 16)] * 4 + [(inner, 16), (16, inner)]
    assert shape == ModelShape(3, 16, tuple(one_layer * 3))


def test_training_takes_six_operations_a_parameter_and_token() -> None:
    shape = ModelShape(layers=2, width=3, matrices=((5, 7),))
    assert training_flops(shape, Amount(1, 100, 0)) == 6 * 35 * 100
    # and attention 12 a layer, width and square of a length
    assert training_flops(shape, Amount(1, 0, 10)) == 12 * 2 * 3 * 10


def test_an_amount_is_rows_tokens_and_squared_lengths() -> None:
    assert amount_of([1, 2, 4]) == Amount(rows=3, tokens=7, squares=21)
    assert amount_of([1, 2, 4]).times(2) == Amount(6, 14, 42)
