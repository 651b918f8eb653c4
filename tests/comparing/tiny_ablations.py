"""An ablation as it would be found, without training anything."""

from dataclasses import replace
from typing import Any

from foldwise.comparing.ablation import Ablation, Trained, VariantResult, judged
from foldwise.comparing.paired import Difference, chance, interval
from foldwise.competition.metrics import METRICS

BASE = Trained({0: "exp.ablation.base.seed0.0123"}, {0: 1.0}, 1.0, 20.0, 3_000_000, 4)


def difference(
    value: float, error: float | None, degrees: float = 1e6, of_seeds: float | None = 0.0
) -> Difference:
    """A difference of `value` with this standard error, from a base that scores 1.

    Args:
        of_seeds: what the seeds add to the standard error; None: there is one seed.
    """
    low, high = (None, None) if error is None else interval(value, error, degrees)
    p_value = None if error is None else chance(value, error, degrees)
    return Difference(
        value, 1.0 + value, 1.0, error, error, of_seeds, low, high, p_value, {0: value}, {}, 100
    )


def variant(name: str, value: float, error: float | None, **changed: Any) -> VariantResult:
    """A compared variant that differs from the base by `value`."""
    trained = replace(BASE, runs={0: name}, score=1.0 + value, **changed)
    return VariantResult(name, {"key": name}, "compared", "", trained, difference(value, error))


FAILED = VariantResult("rates.top=1.0", {"rates.top": 1.0}, "failed", "seed 0: it diverged")
UNFINISHED = VariantResult("seed.less", {}, "unfinished", "seed 1 still to train")
VARIANTS = (
    variant("pooling.kind=max", 0.05, 0.01, seconds=30.0),
    FAILED,
    variant("loss | delta_1", -0.01, 0.02, seconds=10.0),
    variant("head.hidden=[256]", -0.2, 0.02, looks=8),
    variant("same", 0.0, 0.0),
    UNFINISHED,
)


def ablation_of(
    *variants: VariantResult, metric: str = "rmse", seeds: int = 1, base: Trained | None = BASE
) -> Ablation:
    """An ablation with these variants, judged; with one seed it tells nothing of seeds' noise."""
    if seeds == 1:
        variants = tuple(map(_of_one_seed, variants))
    best_first, visible = judged(variants, METRICS[metric])
    return Ablation(
        name="exp.ablation",
        experiment="exp",
        overrides=["seed=0"],
        competition="tiny",
        metric=metric,
        greater_is_better=METRICS[metric].greater_is_better,
        folds=[0, 1],
        seeds=list(range(seeds)),
        rows=1234,
        base=base,
        variants=best_first,
        visible=visible,
    )


def _of_one_seed(variant: VariantResult) -> VariantResult:
    found = variant.difference
    return replace(variant, difference=None if found is None else replace(found, of_seeds=None))
