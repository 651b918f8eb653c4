"""The best settings of a study as an experiment's TOML."""

from foldwise.errors import counted
from foldwise.settings import dump_table
from foldwise.tuning.plan import Plan
from foldwise.tuning.result import TuningResult
from foldwise.tuning.trials import Trial


def tuned_toml(plan: Plan, result: TuningResult, best: Trial) -> str:
    """The experiment with the best trial's values for its ranges, and two lines that say so."""
    lines = [f"# {_origin(result, best)}", f"# {_expectation(result, best)}"]
    return "\n".join(lines) + "\n" + dump_table(plan.experiment.table_with(best.values))


def _origin(result: TuningResult, best: Trial) -> str:
    tried = len([t for t in result.trials if t.outcome.state != "running"])
    return (
        f"{result.experiment} with the values of trial {best.number}, the best of {tried} of the "
        f"study {result.name}: {', '.join(best.values)}."
    )


def _expectation(result: TuningResult, best: Trial) -> str:
    rows = f"{result.rows:,} rows in {counted(len(result.folds), 'fold')}"
    blend = f" blended with {', '.join(result.partners)}" if result.partners else ""
    own = (
        f"measured there: {result.metric}{blend} {_score(best)} on {rows}, optimistic since it is "
        f"the best of them"
    )
    fitted = result.cross_fitted
    if fitted is None:
        return f"{own[0].upper()}{own[1:]}."
    error = "" if fitted.standard_error is None else f" ± {fitted.standard_error:.4f}"
    return (
        f"Expect {result.metric} {fitted.score:.4f}{error}, where each fold's trial is chosen on "
        f"the other folds; {own}."
    )


def _score(trial: Trial) -> str:
    outcome = trial.outcome
    error = "" if outcome.standard_error is None else f" ± {outcome.standard_error:.4f}"
    return f"{outcome.score:.4f}{error}"
