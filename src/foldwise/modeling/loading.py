"""Encoders from files: with pretrained weights, or built from a config alone."""

import inspect
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from safetensors import SafetensorError
from transformers import MODEL_MAPPING, AutoConfig, AutoModel, PreTrainedConfig
from transformers.utils import logging as reports

from foldwise.errors import Complaints, UsageError, counted, listed
from foldwise.modeling.dropout import check_dropout, set_dropout
from foldwise.modeling.encoder import Encoder
from foldwise.modeling.packing import PACKED, PLAIN

Attention = Literal["sdpa", "eager", "packed", "packed if possible"]

# Parts of a checkpoint that an encoder has no use for: poolers, heads of pretraining and of
# fine-tuning, and position numbers that older versions of transformers saved.
NO_USE = re.compile(
    r"(^|\.)pooler\."
    r"|(^|\.)position_ids$"
    r"|^(cls|lm_head|lm_loss|lm_predictions|mask_predictions|predictions|sop_classifier|head|decoder)\."
    r"|^(generator_predictions|discriminator_predictions|generator_lm_head)\."
    r"|^(vocab_transform|vocab_layer_norm|vocab_projector)\."
    r"|^(classifier|pre_classifier|score|qa_outputs|sequence_summary|logits_proj)\."
)


def load_encoder(
    folder: Path, dropout: float | None = None, attention: Attention | None = None
) -> Encoder:
    """The encoder in `folder` with its pretrained weights, in float32 and evaluation mode.

    Args:
        folder: config.json and safetensors weights; an fp16 checkpoint becomes float32 too.
        dropout: the share for all dropout of the encoder; None: what its config says.
        attention: how attention is computed; None: "sdpa" in the families that have it; "packed":
            by sdpa too, of texts without padding.

    Raises:
        UsageError: the files are missing, unreadable or of an unknown family, weights are missing
            or unexpected (named), or the family lacks what was asked for.
    """
    config = _config(folder, dropout)
    if not any(folder.glob("*.safetensors")):
        present = listed(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise UsageError(
            f"an encoder needs safetensors weights, but {folder} has {present}; pickled weights "
            "are not read, because they can run code: save them again with safe_serialization"
        )
    with _quiet_transformers(), _files_explained(folder):
        backbone, report = AutoModel.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,  # the default is the checkpoint's own, so fp16 would train in fp16
            attn_implementation=_attention(config, attention),
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,  # reported below, with everything else
            output_loading_info=True,
            **_without_pooler(config),
        )
    _check_report(folder, report)
    return _checked(backbone, config, dropout, attention)


def build_encoder(
    folder: Path, dropout: float | None = None, attention: Attention | None = None
) -> Encoder:
    """The encoder that `folder/config.json` describes, with random weights, in float32.

    To be filled with saved weights, without the file of the original ones.

    Raises:
        UsageError: as in `load_encoder`, but for the weights.
    """
    config = _config(folder, dropout)
    with _quiet_transformers():
        backbone = AutoModel.from_config(  # type: ignore[no-untyped-call]  # it has no annotations
            config,
            dtype=torch.float32,
            attn_implementation=_attention(config, attention),
            **_without_pooler(config),
        )
    return _checked(backbone, config, dropout, attention)


class LayerCounts(NamedTuple):
    """How many layers an encoder has.

    Attributes:
        groups: with weights of their own; in ALBERT, whose layers share them, 1.
        states: whose hidden states a pooling may read.
    """

    groups: int
    states: int


def layer_counts(folder: Path) -> LayerCounts:
    """How many layers the encoder has that `folder/config.json` describes.

    Raises:
        UsageError: the config is missing, unreadable or of an unknown family.
    """
    config: Any = _config(folder, None)
    states = int(config.num_hidden_layers)
    return LayerCounts(int(getattr(config, "num_hidden_groups", states)), states)


def _config(folder: Path, dropout: float | None) -> PreTrainedConfig:
    if not (folder / "config.json").is_file():
        raise UsageError(f"an encoder is a folder with a config.json; {folder} has none")
    with _quiet_transformers(), _files_explained(folder):
        config: PreTrainedConfig = AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    if type(config) not in MODEL_MAPPING:
        raise UsageError(f"{folder} holds a {config.model_type!r}, which is no text encoder")
    if dropout is not None:
        set_dropout(config, dropout)
    return config


def _checked(
    backbone: Any, config: PreTrainedConfig, dropout: float | None, attention: Attention | None
) -> Encoder:
    if dropout is not None:
        check_dropout(backbone, dropout)
    encoder = Encoder(backbone, config)
    if attention == "packed" and not encoder.is_packed:
        raise UsageError(
            'encoder.attention="packed" needs an encoder whose attention knows nothing but a mask; '
            f"that of this {config.model_type} encoder computes something else of packed texts: "
            f'use "auto". Families known to have it: {", ".join(PLAIN)}'
        )
    return encoder.eval()


def _attention(config: PreTrainedConfig, wanted: Attention | None) -> str:
    """What transformers calls `wanted`, or the faster one that this family has."""
    if wanted == "packed" or (wanted == "packed if possible" and config.model_type in PLAIN):
        return PACKED
    has_sdpa = bool(getattr(_transformer(config), "_supports_sdpa", False))
    if wanted == "sdpa" and not has_sdpa:
        raise UsageError(
            f'encoder.attention="sdpa" is not there for a {config.model_type!r} encoder; '
            'use "eager" or "auto"'
        )
    known = wanted if wanted in ("sdpa", "eager") else None
    return known or ("sdpa" if has_sdpa else "eager")


def _transformer(config: PreTrainedConfig) -> Any:
    """The class of the family's transformer; of the first, where a family has several."""
    found: Any = MODEL_MAPPING[type(config)]
    return found[0] if isinstance(found, list | tuple) else found


def _without_pooler(config: PreTrainedConfig) -> dict[str, bool]:
    """The switch that leaves an unused pooler out, in the families that have one."""
    arguments = inspect.signature(_transformer(config)).parameters
    return {"add_pooling_layer": False} if "add_pooling_layer" in arguments else {}


def _check_report(folder: Path, report: dict[str, Any]) -> None:
    """Check that every weight of the encoder came from the files, and all of the files was used."""
    missing = sorted(name for name in report["missing_keys"] if not NO_USE.search(name))
    unexpected = sorted(name for name in report["unexpected_keys"] if not NO_USE.search(name))
    complaints = Complaints()
    if missing:
        complaints.add(
            f"{folder} lacks {counted(len(missing), 'weight')} of the encoder: {listed(missing)}"
        )
    if unexpected:
        complaints.add(
            f"{folder} has {counted(len(unexpected), 'weight')} that the encoder has no place for: "
            f"{listed(unexpected)}; its config.json may be that of another encoder"
        )
    for name, found, expected in sorted(report["mismatched_keys"]):
        complaints.add(
            f"{folder}: {name} must have shape {tuple(expected)}, got {tuple(found)}; "
            "its config.json may be that of another encoder"
        )
    complaints.extend(f"{folder}: {message}" for message in report.get("error_msgs") or [])
    complaints.raise_if_any(UsageError)


@contextmanager
def _files_explained(folder: Path) -> Iterator[None]:
    """Turn what goes wrong in reading an encoder's files into one message for the user."""
    try:
        yield
    except (OSError, ValueError, SafetensorError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise UsageError(
            f"the encoder in {folder} cannot be read: {first_line}; fetch its files again"
        ) from error


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Silence progress bars and reports; what matters in them is raised as an error."""
    verbosity, had_bars = reports.get_verbosity(), reports.is_progress_bar_enabled()
    reports.set_verbosity(logging.CRITICAL)
    reports.disable_progress_bar()  # type: ignore[no-untyped-call]  # it has no annotations
    try:
        yield
    finally:
        reports.set_verbosity(verbosity)
        if had_bars:
            reports.enable_progress_bar()  # type: ignore[no-untyped-call]  # nor has this one
