"""Tiny encoders with random weights: real tokenizer and model files, made offline."""

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    AutoModel,
    BertConfig,
    BertTokenizer,
    DistilBertConfig,
    PreTrainedConfig,
    RobertaConfig,
    RobertaTokenizer,
    XLNetConfig,
    XLNetTokenizer,
)
from transformers.models.distilbert.tokenization_distilbert import DistilBertTokenizer

Family = Literal["bert", "roberta", "distilbert", "xlnet"]
FAMILIES: tuple[Family, ...] = ("bert", "roberta", "distilbert", "xlnet")

WORDS = [
    *("the", "a", "an", "and", "of", "to", "in", "is", "was", "it", "that", "this", "with", "for"),
    *("on", "not", "but", "very", "good", "bad", "film", "movie", "story", "great", "awful"),
    *("boring", "funny", "child", "reads", "book", "slowly", "light", "water", "earth", "sun"),
]
BERT_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ROBERTA_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
XLNET_SPECIAL = ("<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>")
CHARACTERS = string.ascii_letters + string.digits + string.punctuation


def make_tiny_encoder(folder: Path, family: Family, layers: int = 2, width: int = 16) -> Path:
    """`folder`, filled with config.json, model.safetensors and fast tokenizer files.

    The same arguments make the same weights. 514 positions in the RoBERTa one (512 usable), 512 in
    the BERT and DistilBERT ones, no limit in the XLNet one; two attention heads; dropout 0.1.
    """
    tokenizer = _tokenizer(family)
    config = _config(family, len(tokenizer), layers, width)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModel.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(family: Family) -> Any:
    if family == "bert":
        return BertTokenizer(vocab=wordpieces(), model_max_length=512)
    if family == "distilbert":
        return DistilBertTokenizer(vocab=wordpieces(), model_max_length=512)
    if family == "roberta":
        vocabulary, merges = byte_pairs(ROBERTA_SPECIAL)
        written: Any = merges  # pairs or "a b" strings; the annotation knows only the latter
        return RobertaTokenizer(vocab=vocabulary, merges=written, model_max_length=512)
    return XLNetTokenizer(vocab=unigrams(XLNET_SPECIAL))


def wordpieces() -> dict[str, int]:
    """BERT's kind of vocabulary, in small letters."""
    letters = [c for c in CHARACTERS if c.lower() == c]
    pieces = [*BERT_SPECIAL, *letters, *(f"##{c}" for c in letters), *WORDS]
    return {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}


def byte_pairs(
    special: Sequence[str], mask: str = "<mask>"
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """All bytes, and merges that build each word after a space from left to right."""
    from tokenizers.pre_tokenizers import ByteLevel

    merges = []
    for word in WORDS:
        grown = "Ġ"  # the byte-level spelling of a space
        for letter in word:
            merges.append((grown, letter))
            grown += letter
    merges = list(dict.fromkeys(merges))
    pieces = [*special, *sorted(ByteLevel.alphabet()), *(a + b for a, b in merges)]
    return {piece: i for i, piece in enumerate([*pieces, mask])}, merges


def unigrams(special: Sequence[str]) -> list[tuple[str, float]]:
    """SentencePiece's kind of vocabulary, with scores."""
    letters = [(c, -8.0) for c in ("▁", *CHARACTERS)]
    words = [(f"▁{word}", -3.0) for word in WORDS[1:]] + [("▁the", -2.0)]
    return [*((piece, 0.0) for piece in special), *letters, *words]


def _config(family: Family, vocabulary: int, layers: int, width: int) -> PreTrainedConfig:
    if family == "xlnet":
        return XLNetConfig(
            vocab_size=vocabulary, d_model=width, n_layer=layers, n_head=2, d_inner=2 * width
        )
    if family == "distilbert":
        return DistilBertConfig(
            vocab_size=vocabulary, dim=width, n_layers=layers, n_heads=2, hidden_dim=2 * width
        )
    sizes: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 2 * width,
    }
    if family == "bert":
        return BertConfig(**sizes)
    return RobertaConfig(
        **sizes, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5
    )
