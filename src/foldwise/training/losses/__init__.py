"""What training minimises: one loss for each kind, and what it is computed from."""

from foldwise.training.losses.consistency import consistency
from foldwise.training.losses.labels import Labels, labels_of
from foldwise.training.losses.loss import Loss, training_loss

__all__ = [
    "Labels",
    "Loss",
    "consistency",
    "labels_of",
    "training_loss",
]
