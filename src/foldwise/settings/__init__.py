"""Typed settings of an experiment: a unit and a range on every field, unknown keys forbidden."""

from foldwise.settings.experiment import FAST_ROWS, FAST_TOKENS, Settings, small_form
from foldwise.settings.learning import Optimizer, Rates, Schedule, Stage
from foldwise.settings.model import Encoder, Head, Pooling, PoolingKind
from foldwise.settings.objective import Averaging, Loss, Regularization
from foldwise.settings.ranges import Choices, Range, Tunable, TunedExperiment, tuned_experiment
from foldwise.settings.section import Section
from foldwise.settings.tfidf import Tfidf
from foldwise.settings.toml import (
    checked_settings,
    dump_table,
    dump_toml,
    experiment_table,
    literal,
    load_experiment,
)
from foldwise.settings.tracking import Tracking
from foldwise.settings.training import Device, Hardware, Precision, Training

__all__ = [
    "FAST_ROWS",
    "FAST_TOKENS",
    "Averaging",
    "Choices",
    "Device",
    "Encoder",
    "Hardware",
    "Head",
    "Loss",
    "Optimizer",
    "Pooling",
    "PoolingKind",
    "Precision",
    "Range",
    "Rates",
    "Regularization",
    "Schedule",
    "Section",
    "Settings",
    "Stage",
    "Tfidf",
    "Tracking",
    "Training",
    "Tunable",
    "TunedExperiment",
    "checked_settings",
    "dump_table",
    "dump_toml",
    "experiment_table",
    "literal",
    "load_experiment",
    "small_form",
    "tuned_experiment",
]
