"""The dropout of a pretrained encoder, whatever its family calls it."""

from typing import Any

from torch import nn

from foldwise.errors import UsageError

# Fields that configure the encoder itself. Those of ready-made heads (classifier_dropout,
# seq_classif_dropout, summary_last_dropout, ...) are left out: no such head is ever built here.
FIELDS = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "dropout",
    "attention_dropout",
    "activation_dropout",
    "hidden_dropout",
    "embedding_dropout",
    "mlp_dropout",
    "resid_pdrop",
    "embd_pdrop",
    "attn_pdrop",
)


def dropout_fields(config: Any) -> tuple[str, ...]:
    """The names of the dropout fields that this encoder's config has."""
    return tuple(name for name in FIELDS if isinstance(getattr(config, name, None), float | int))


def set_dropout(config: Any, share: float) -> None:
    """Write `share` into every dropout field of `config`, before the encoder is built from it.

    Raises:
        UsageError: the config has no known dropout field, so the setting would do nothing.
    """
    fields = dropout_fields(config)
    if not fields:
        raise UsageError(
            f"encoder.dropout={share} needs an encoder with a known dropout field, but the config "
            f"of {config.model_type!r} has none; known: {', '.join(FIELDS)}. "
            'Use encoder.dropout="auto" in a classification'
        )
    for name in fields:
        setattr(config, name, share)


def check_dropout(backbone: nn.Module, share: float) -> None:
    """Check that `share` reached every dropout module of an encoder that was built with it.

    Raises:
        UsageError: a module has another share: its family has a field that is not known here.
    """
    for name, module in backbone.named_modules():
        if isinstance(module, nn.Dropout) and module.p != share:
            raise UsageError(
                f"encoder.dropout={share} must reach every dropout of the encoder, but {name!r} of "
                f"{type(backbone).__name__} has {module.p}; add its config field to "
                "foldwise.modeling.dropout.FIELDS"
            )
