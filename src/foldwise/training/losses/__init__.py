"""What training minimises: one loss for each kind, and what it is computed from."""

from foldwise.training.losses.consistency import consistency
from foldwise.training.losses.labels import Labels, labels_of
from foldwise.training.losses.objective import Loss, training_loss
from foldwise.training.losses.summed import probabilities_or_values, summed_loss

__all__ = [
    "Labels",
    "Loss",
    "consistency",
    "labels_of",
    "probabilities_or_values",
    "summed_loss",
    "training_loss",
]
