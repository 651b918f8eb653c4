"""A pretrained encoder's tokenizer, with the rules of its family made explicit."""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import tokenizers
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import TemplateProcessing
from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig

from foldwise.encoders import TOKENIZER_FILES, EncoderFiles
from foldwise.errors import FoldwiseWarning, UsageError
from foldwise.storage import sha256_of_strings

# These count positions from the padding id + 1, as in fairseq, so that 514 are 512 usable ones.
# https://huggingface.co/docs/transformers/model_doc/roberta
COUNTED_FROM_PADDING = frozenset(
    [
        *("camembert", "data2vec-text", "esm", "ibert", "lilt", "longformer", "luke", "markuplm"),
        *("mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod"),
    ]
)
# A word looks different to these at the beginning of a text, unless a space is put before it.
SPACE_BEFORE = frozenset({"roberta", "roberta-prelayernorm", "longformer"})
# https://arxiv.org/abs/1906.08237: relative positions, the classifier's token at the right end.
LEFT_PADDED = frozenset({"xlnet"})
# transformers 5.23 puts two separators between the texts of a pair here, as RoBERTa has them; the
# family was pretrained with one: https://github.com/microsoft/DeBERTa, `[CLS] A [SEP] B [SEP]`.
ONE_SEPARATOR = frozenset({"deberta"})
VOCABULARY_FILES = frozenset(TOKENIZER_FILES) - {
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "merges.txt",
}


@dataclass(frozen=True)
class Padding:
    """What fills a batch up: the token's id, its segment, and the side it goes to."""

    id: int
    type_id: int
    side: Literal["left", "right"]


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """Turns texts into ids as one encoder expects them.

    Attributes:
        backend: without truncation and padding; those are this package's own work.
        max_length: tokens a text may have, special ones included; never more than the encoder's
            usable positions.
        has_type_ids: whether the encoder takes segment ids.
        cls_position: where the classifier's token stands.
        closing: special tokens after a single text.
        vocabulary: ids are below this number.
        fingerprint: a SHA-256 of everything that decides which ids a text gets.
    """

    backend: tokenizers.Tokenizer
    max_length: int
    padding: Padding
    has_type_ids: bool
    cls_position: Literal["first", "last"]
    closing: int
    vocabulary: int
    fingerprint: str


def load_tokenizer(files: EncoderFiles, max_length: int) -> Tokenizer:
    """The tokenizer in the encoder's folder, for texts of at most `max_length` tokens.

    Warns when the encoder has fewer usable positions than `max_length`.

    Raises:
        UsageError: tokenizer files are missing, need code from outside, make only a slow tokenizer
            or have no padding token, or `max_length` has no room beside the special tokens.
    """
    config, loaded = _load(files)
    backend = tokenizers.Tokenizer.from_str(loaded.backend_tokenizer.to_str())
    backend.no_truncation()  # some files ask for 128 tokens, padded to 128
    backend.no_padding()
    if config.model_type in SPACE_BEFORE:
        _put_space_before(files, backend)
    if config.model_type in ONE_SEPARATOR:
        _separate_once(backend, loaded)
    length = _usable_length(files, config, max_length)
    _check_room(files, backend, length)
    types = takes_type_ids(config)
    return Tokenizer(
        backend=backend,
        max_length=length,
        padding=_padding(files, config, loaded),
        has_type_ids=types,
        cls_position=_cls_position(backend, loaded),
        closing=_closing(backend),
        vocabulary=int(config.vocab_size),
        fingerprint=sha256_of_strings(
            backend.to_str(), str(length), str(types), tokenizers.__version__
        ),
    )


def usable_positions(config: PreTrainedConfig) -> int | None:
    """How many tokens the encoder of `config` can place; None where positions are relative."""
    positions = getattr(config, "max_position_embeddings", None)
    biased = getattr(config, "position_biased_input", True)  # False in DeBERTa v3
    if positions is None or positions < 1 or not biased:
        return None
    first = config.pad_token_id + 1 if config.model_type in COUNTED_FROM_PADDING else 0
    return int(positions) - first


def takes_type_ids(config: PreTrainedConfig) -> bool:
    """Whether the encoder of `config` tells segments apart."""
    if config.model_type == "xlnet":  # has no table of segments: it compares them
        return True
    return int(getattr(config, "type_vocab_size", 0)) > 1


def _load(files: EncoderFiles) -> tuple[PreTrainedConfig, Any]:
    if not any((files.folder / name).is_file() for name in VOCABULARY_FILES):
        # Without a vocabulary transformers makes a tokenizer of nothing but special tokens.
        raise UsageError(
            f"an encoder needs its vocabulary: {files.folder} has none of "
            f"{', '.join(sorted(VOCABULARY_FILES))}; fetch the encoder again"
        )
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(files.folder, **local)
        loaded = AutoTokenizer.from_pretrained(files.folder, **local)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise UsageError(
            f"the tokenizer in {files.folder} cannot be loaded: {error}; it must be one that "
            f"transformers knows without code of the encoder's own"
        ) from error
    _check_kind(files, loaded)
    return config, loaded


def _check_kind(files: EncoderFiles, loaded: Any) -> None:
    if not loaded.is_fast:
        raise UsageError(
            f"a tokenizer must be a fast one: {files.folder} makes a {type(loaded).__name__}; "
            f"add a tokenizer.json, or choose another encoder"
        )


def _put_space_before(files: EncoderFiles, backend: tokenizers.Tokenizer) -> None:
    """Let the first word look as it does inside a sentence.

    Set here and not as an option of the class, since some classes do not pass it on.
    """
    if isinstance(backend.pre_tokenizer, ByteLevel):
        backend.pre_tokenizer.add_prefix_space = True
    if backend.encode("story").ids != backend.encode(" story").ids:
        raise UsageError(
            f"the first word must look as it does inside a sentence, but the tokenizer in "
            f"{files.folder} has no byte-level rule to put a space before it; "
            f"take the tokenizer files of the encoder's family"
        )


def _separate_once(backend: tokenizers.Tokenizer, loaded: Any) -> None:
    first, last = loaded.cls_token, loaded.sep_token
    backend.post_processor = TemplateProcessing(
        single=f"{first}:0 $A:0 {last}:0",
        pair=f"{first}:0 $A:0 {last}:0 $B:1 {last}:1",
        special_tokens=[(first, loaded.cls_token_id), (last, loaded.sep_token_id)],
    )


def _padding(files: EncoderFiles, config: PreTrainedConfig, loaded: Any) -> Padding:
    kind = config.model_type
    if loaded.pad_token_id is None:
        raise UsageError(f"a tokenizer needs a padding token: {files.folder} names none")
    if kind in COUNTED_FROM_PADDING and loaded.pad_token_id != config.pad_token_id:
        raise UsageError(
            f"positions are counted from the padding id, but in {files.folder} the tokenizer's is "
            f"{loaded.pad_token_id} and config.json's is {config.pad_token_id}; make them agree"
        )
    side: Literal["left", "right"] = "left" if kind in LEFT_PADDED else "right"
    return Padding(int(loaded.pad_token_id), int(loaded.pad_token_type_id), side)


def _usable_length(files: EncoderFiles, config: PreTrainedConfig, asked: int) -> int:
    usable = usable_positions(config)
    if usable is None or asked <= usable:
        return asked
    warnings.warn(
        FoldwiseWarning(
            f"encoder.max_length is {asked}, but {files.name} has {usable} usable positions: "
            f"texts are cut at {usable} tokens"
        ),
        stacklevel=3,
    )
    return usable


def _check_room(files: EncoderFiles, backend: tokenizers.Tokenizer, length: int) -> None:
    special = backend.num_special_tokens_to_add(is_pair=True)
    if special == 0:
        raise UsageError(
            f"a blank text must have a token: the tokenizer in {files.folder} adds no special "
            f"ones; choose an encoder that reads whole texts, such as roberta-base"
        )
    if length <= special:
        raise UsageError(
            f"encoder.max_length must leave room beside {special} special tokens: got {length}"
        )


def _cls_position(backend: tokenizers.Tokenizer, loaded: Any) -> Literal["first", "last"]:
    # XLM calls its separator the classifier's token too, and reads the vector of the first one
    is_own = loaded.cls_token_id != loaded.sep_token_id
    return "last" if is_own and backend.encode("").ids[-1] == loaded.cls_token_id else "first"


def _closing(backend: tokenizers.Tokenizer) -> int:
    special = backend.encode("a").special_tokens_mask
    return special[::-1].index(0)
