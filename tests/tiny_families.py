"""Tiny encoders of every family, each with its own kind of tokenizer, made offline.

Those of `tests.tiny_encoders`, and the families beyond these four. Special tokens, their order and
the odd fields of a config are those of published checkpoints; the weights are random.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tokenizers
import torch
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    AlbertConfig,
    AlbertTokenizer,
    AutoModel,
    BertTokenizer,
    DebertaConfig,
    DebertaTokenizer,
    DebertaV2Config,
    DebertaV2Tokenizer,
    ElectraConfig,
    ModernBertConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    XLMConfig,
    XLMRobertaConfig,
    XLMRobertaTokenizer,
)

from tests.tiny_encoders import WORDS, byte_pairs, make_tiny_encoder, unigrams, wordpieces

LAYERS, WIDTH = 3, 16
SIZES: dict[str, Any] = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 2 * WIDTH,
}
DEBERTA: dict[str, Any] = {
    **SIZES,
    "relative_attention": True,
    "position_biased_input": False,
    "pos_att_type": ["p2c", "c2p"],
}
DEBERTA_V2: dict[str, Any] = {
    **DEBERTA,
    "position_buckets": 8,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
}
XLM_SPECIAL = ("<s>", "</s>", "<pad>", "<unk>", "<special0>", "<special1>")


@dataclass(frozen=True)
class Facts:
    """What must be so in a family.

    Attributes:
        single: a text's tokens, `a` standing for the text.
        pair: those of a pair, `a` and `b`.
        layers: how many of its layer groups are layers.
        left: whether padding goes to the left.
        unused: parameters that no output depends on.
        segments: whether it tells the texts of a pair apart.
    """

    single: str
    pair: str
    layers: int = LAYERS
    left: bool = False
    unused: tuple[str, ...] = ()
    segments: bool = False


BERT_LIKE = Facts("[CLS] a [SEP]", "[CLS] a [SEP] b [SEP]", segments=True)
NO_SEGMENTS = Facts("[CLS] a [SEP]", "[CLS] a [SEP] b [SEP]")
ROBERTA_LIKE = Facts("<s> a </s>", "<s> a </s> </s> b </s>")
FAMILIES: dict[str, Facts] = {
    "bert": BERT_LIKE,
    "roberta": ROBERTA_LIKE,
    "distilbert": NO_SEGMENTS,
    "xlnet": Facts(
        "a <sep> <cls>", "a <sep> b <sep> <cls>", left=True, unused=("mask_emb",), segments=True
    ),
    "xlm": Facts("<s> a </s>", "<s> a </s> b </s>"),
    "albert": Facts("[CLS] a [SEP]", "[CLS] a [SEP] b [SEP]", layers=1, segments=True),
    "electra": BERT_LIKE,
    "deberta": Facts("[CLS] a [SEP]", "[CLS] a [SEP] b [SEP]"),
    "deberta-v2": NO_SEGMENTS,
    "deberta-v3": NO_SEGMENTS,
    "modernbert": NO_SEGMENTS,
    "xlm-roberta": ROBERTA_LIKE,
}


def make_tiny_family(folder: Path, family: str) -> Path:
    """`folder`, filled with config.json, model.safetensors and fast tokenizer files.

    The same arguments make the same weights: three layers of width 16 with two heads.
    """
    if family not in MAKERS:
        return make_tiny_encoder(folder, family, layers=LAYERS, width=WIDTH)  # type: ignore[arg-type]  # its four
    tokenizer, config = MAKERS[family]()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModel.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


Made = tuple[Any, PreTrainedConfig]


def _electra() -> Made:
    tokenizer = BertTokenizer(vocab=wordpieces(), model_max_length=512)
    return tokenizer, ElectraConfig(**SIZES, vocab_size=len(tokenizer), embedding_size=8)


def _albert() -> Made:
    tokenizer = AlbertTokenizer(vocab=unigrams(["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]))
    return tokenizer, AlbertConfig(**SIZES, vocab_size=len(tokenizer), embedding_size=8)


def _deberta() -> Made:
    vocabulary, merges = byte_pairs(["[PAD]", "[CLS]", "[SEP]", "[UNK]"], mask="[MASK]")
    written: Any = merges  # pairs or "a b" strings; the annotation knows only the latter
    tokenizer = DebertaTokenizer(vocab=vocabulary, merges=written)
    return tokenizer, DebertaConfig(**DEBERTA, vocab_size=len(tokenizer), max_relative_positions=-1)


def _deberta_v2() -> Made:
    """As in the large checkpoints of v2, with a convolution over tokens beside the first layer."""
    tokenizer = _deberta_tokenizer()
    convolution: dict[str, Any] = {"conv_kernel_size": 3}
    return tokenizer, DebertaV2Config(**DEBERTA_V2, **convolution, vocab_size=len(tokenizer))


def _deberta_v3() -> Made:
    tokenizer = _deberta_tokenizer()
    return tokenizer, DebertaV2Config(**DEBERTA_V2, vocab_size=len(tokenizer))


def _deberta_tokenizer() -> Any:
    vocabulary = unigrams(["[PAD]", "[CLS]", "[SEP]", "[UNK]"])
    return DebertaV2Tokenizer(vocab=[*vocabulary, ("[MASK]", 0.0)])


def _modernbert() -> Made:
    vocabulary, merges = byte_pairs(["[UNK]", "[CLS]", "[SEP]", "[PAD]"], mask="[MASK]")
    backend = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    tokenizer = _wrapped(backend, "[CLS]", "[SEP]", "[CLS] $A [SEP] $B [SEP]", pad="[PAD]")
    ids = {"pad_token_id": tokenizer.pad_token_id}
    ids |= dict.fromkeys(["bos_token_id", "cls_token_id"], tokenizer.cls_token_id)
    ids |= dict.fromkeys(["eos_token_id", "sep_token_id"], tokenizer.sep_token_id)
    # a window of eight tokens, so that texts here are longer than it
    return tokenizer, ModernBertConfig(
        **SIZES, **ids, vocab_size=len(tokenizer), local_attention=8, max_position_embeddings=512
    )


def _xlm() -> Made:
    """With a tokenizer.json: transformers has none for XLM but a slow one, which needs Moses."""
    words = [f"{word}</w>" for word in WORDS]
    letters = [c for word in WORDS for c in word]
    merges: list[tuple[str, str]] = []
    for word in WORDS:  # from the right, as the end of a word marks its last letter
        grown = f"{word[-1]}</w>"
        for letter in reversed(word[:-1]):
            merges.append((letter, grown))
            grown = letter + grown
    merges = list(dict.fromkeys(merges))
    pieces = [*XLM_SPECIAL, *letters, *(f"{c}</w>" for c in letters), *(a + b for a, b in merges)]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys([*pieces, *words]))}
    backend = tokenizers.Tokenizer(
        models.BPE(vocab=vocabulary, merges=merges, unk_token="<unk>", end_of_word_suffix="</w>")  # noqa: S106  # no password
    )
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = _wrapped(backend, "<s>", "</s>", "<s> $A </s> $B </s>", pad="<pad>")
    tokenizer.cls_token = "</s>"  # noqa: S105  # as in the family's own tokenizer, though it is not the classifier's
    return tokenizer, XLMConfig(
        vocab_size=len(tokenizer), emb_dim=WIDTH, n_layers=LAYERS, n_heads=2, pad_token_id=2
    )


def _wrapped(backend: tokenizers.Tokenizer, first: str, last: str, pair: str, pad: str) -> Any:
    named = [(token, backend.token_to_id(token)) for token in (first, last)]
    backend.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", pair=pair, special_tokens=named
    )
    unknown = "[UNK]" if first == "[CLS]" else "<unk>"
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # it has no annotations
        tokenizer_object=backend,
        cls_token=first,
        sep_token=last,
        pad_token=pad,
        unk_token=unknown,
    )


def _xlm_roberta() -> Made:
    vocabulary = unigrams(["<s>", "<pad>", "</s>", "<unk>"])
    tokenizer = XLMRobertaTokenizer(vocab=[*vocabulary, ("<mask>", 0.0)])
    return tokenizer, XLMRobertaConfig(
        **SIZES, vocab_size=len(tokenizer), max_position_embeddings=514, type_vocab_size=1
    )


MAKERS: dict[str, Callable[[], Made]] = {
    "electra": _electra,
    "albert": _albert,
    "deberta": _deberta,
    "deberta-v2": _deberta_v2,
    "deberta-v3": _deberta_v3,
    "modernbert": _modernbert,
    "xlm": _xlm,
    "xlm-roberta": _xlm_roberta,
}
