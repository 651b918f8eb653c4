"""The rates of a study's best trials, layer group by layer group."""

from foldwise.errors import UsageError
from foldwise.pipeline.rate_table import rate_table
from foldwise.settings import Settings
from foldwise.training.rates import layer_rates, trained_groups
from foldwise.tuning.curves import RateCurves
from foldwise.tuning.plan import Plan
from foldwise.tuning.result import SHOWN, TuningResult


def rate_curves(plan: Plan, result: TuningResult, notes: list[str]) -> RateCurves | None:
    """The peak rate of each layer group in the best ten trials; None without an encoder.

    Of [[stages]] the last one counts, in which most learns.

    The model is built once, as the best trial has it; trials with other layer groups, by another
    encoder, pooling or head, are left out, which is noted.
    """
    best = result.ranked()[:SHOWN]
    tuned = [name for name in result.ranges if "rates." in name]
    if not best or not tuned:
        return None
    first = plan.settings(best[0].values)
    if first.kind != "encoder":
        return None
    groups = [group.name for group in rate_table(plan.project, first).groups]
    curves, skipped = {}, []
    for trial in best:
        chosen = plan.settings(trial.values)
        same = all(
            getattr(chosen, part) == getattr(first, part) for part in ("encoder", "pooling", "head")
        )
        curve: list[float] = []
        try:
            curve = _curve(groups, chosen)
        except UsageError:  # a rate for a group that this model has not
            same = False
        if same:
            curves[trial.number] = curve
        else:
            skipped.append(trial.number)
    if skipped:
        notes.append(f"no rate curves of trials with other layer groups: {skipped}")
    return RateCurves(groups, curves)


def _curve(groups: list[str], chosen: Settings) -> list[float]:
    """The rate of each group; 0 where it does not learn."""
    stage = chosen.all_stages()[-1]
    rates, learning = (
        layer_rates(groups, stage.rates),
        trained_groups(groups, stage, chosen.encoder),
    )
    return [rates[name] if name in learning else 0.0 for name in groups]
