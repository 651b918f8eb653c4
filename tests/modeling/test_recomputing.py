from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from foldwise.encoders import EncoderFiles
from foldwise.errors import UsageError
from foldwise.modeling.model import build_model
from foldwise.settings import checked_settings
from foldwise.tokenization.batches import collate
from foldwise.tokenization.tokenizer import load_tokenizer
from foldwise.tokenization.tokens import tokenize
from tests.tiny_families import FAMILIES, make_tiny_family

TEXTS = [("the film is very good and not boring",), ("a story for a child",), ("funny",)]
WITHOUT = {"xlm"}  # whose layers are lists of parts
UNDROPPED = {"xlnet"}  # whose layers give more than hidden states


class Pass:
    """A training pass of a tiny encoder: its gradients, and the bytes kept for them."""

    def __init__(self, family: str, folder: Path, **encoder: Any) -> None:
        recompute = encoder.pop("recompute")
        table = {
            "competition": "any",
            "encoder": {"dropout": 0.2, **encoder},
            "training": {"gradient_checkpointing": recompute},
        }
        torch.manual_seed(1)
        model = build_model(folder, checked_settings(table, "the test"), 1, "regression").train()
        tokenizer = load_tokenizer(EncoderFiles(family, folder, "folder"), 32)
        batch = collate(tokenize(tokenizer, TEXTS, None), [0, 1, 2])
        self.kept = 0
        torch.manual_seed(2)
        with torch.autograd.graph.saved_tensors_hooks(self._count, lambda tensor: tensor):
            outputs = model(batch.input_ids, batch.attention_mask, batch.token_type_ids)
        outputs.square().sum().backward()
        self.outputs = outputs.detach()
        self.gradients = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}

    def _count(self, tensor: Tensor) -> Tensor:
        self.kept += tensor.nbytes
        return tensor


@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - WITHOUT))
@pytest.mark.parametrize("encoder", [{}, {"frozen": "embeddings", "layer_drop": 0.5}])
def test_less_is_kept_and_the_gradient_is_the_same_to_the_bit(
    tmp_path: Path, family: str, encoder: dict[str, Any]
) -> None:
    if family in UNDROPPED:
        encoder = {**encoder, "layer_drop": 0.0}
    folder = make_tiny_family(tmp_path, family)
    plain = Pass(family, folder, recompute=False, **encoder)
    recomputed = Pass(family, folder, recompute=True, **encoder)

    if not encoder:  # of layers that are skipped nothing is kept anyway
        assert recomputed.kept < 0.5 * plain.kept
    assert torch.equal(recomputed.outputs, plain.outputs)
    assert recomputed.gradients.keys() == plain.gradients.keys()
    for name, gradient in plain.gradients.items():
        assert gradient is not None
        found = recomputed.gradients[name]
        assert found is not None
        assert torch.equal(found, gradient), name


@pytest.mark.parametrize("family", sorted(WITHOUT))
def test_a_family_without_it_is_refused(tmp_path: Path, family: str) -> None:
    folder = make_tiny_family(tmp_path, family)
    with pytest.raises(UsageError, match=r"training\.gradient_checkpointing needs layers"):
        Pass(family, folder, recompute=True)
