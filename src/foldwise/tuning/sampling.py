"""Optuna's samplers and pruners, set up for a study that may be resumed at any moment."""

import warnings

import optuna
from optuna.pruners import BasePruner, MedianPruner, NopPruner, WilcoxonPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from foldwise.training.seeds import seed_for
from foldwise.tuning.pruner_names import PrunerName

TPE_TRIES = 10  # in a row that were no new settings; then values are drawn at random


def sampler_at(seed: int, known: int, skipped: int, tries: int) -> BaseSampler:
    """TPE for the next suggestion, or random values where TPE knows nothing new.

    A sampler made anew with the same seed repeats its first suggestions, so the seed is that of
    this very moment: how many settings are known, and how many suggestions were skipped. Resumed
    or not, the next suggestion is the same.

    Args:
        seed: of the experiment.
        known: settings that were tried, or are being tried.
        skipped: suggestions so far that were no new settings, or contradicted themselves.
        tries: how many of them in a row.
    """
    number = seed_for("tuning", seed, known, skipped) % 2**32
    if tries >= TPE_TRIES:
        return RandomSampler(seed=number)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", optuna.exceptions.ExperimentalWarning
        )  # multivariate, group
        return TPESampler(seed=number, multivariate=True, group=True, constant_liar=True)


def pruner_named(name: PrunerName) -> BasePruner:
    """Optuna's own pruner; none where rows are compared here, or nothing is pruned."""
    if name == "median":
        return MedianPruner()
    if name == "wilcoxon":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return WilcoxonPruner()
    return NopPruner()
