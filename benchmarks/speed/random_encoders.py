"""RoBERTa of its real sizes with random weights: as slow as the pretrained one, from no hub.

https://arxiv.org/abs/1907.11692, table 9
"""

from pathlib import Path
from typing import NamedTuple

from transformers import RobertaConfig

VOCABULARY = 50_265


class Size(NamedTuple):
    """Layers, width of a hidden state, attention heads, and words known."""

    layers: int
    width: int
    heads: int
    vocabulary: int = VOCABULARY


SIZES = {
    "roberta-tiny-random": Size(2, 64, 4, 1000),  # to try the benchmark itself
    # as deep as base, and next to nothing to compute: what the host does, which a GPU waits for
    "roberta-thin-random": Size(12, 16, 2, 1000),
    "roberta-base-random": Size(12, 768, 12),
    "roberta-large-random": Size(24, 1024, 16),
}


def write_config(name: str, folder: Path) -> None:
    """Write the config.json of the encoder `name`, a key of `SIZES`; weights are drawn later."""
    size = SIZES[name]
    RobertaConfig(
        architectures=["RobertaModel"],
        vocab_size=size.vocabulary,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.width,
        max_position_embeddings=514,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    ).save_pretrained(folder)
