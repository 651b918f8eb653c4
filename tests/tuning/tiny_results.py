"""Results of studies that never were, for pages and pictures."""

from typing import Any

from foldwise.tuning.result import CrossFitted, TuningResult
from foldwise.tuning.trials import Outcome, Spent, Trial


def tiny_result(**changed: Any) -> TuningResult:
    """Five trials of three ranges: three finished, one pruned, one failed."""
    trials = [
        trial(0, Outcome("finished", 0.52, 0.02, spent=Spent(100, 90, 50, 1.0)), 1e-4),
        trial(1, Outcome("finished", 0.50, 0.02, spent=Spent(110, 95, 50, 1.0)), 3e-4, hidden=64),
        trial(2, Outcome("pruned", reason="at 50% of fold 0", spent=Spent(10, 9, 6, 0.125)), 1e-2),
        trial(3, Outcome("failed", reason="the loss is NaN | step 3"), 0.1),
        trial(4, Outcome("finished", 0.51, None, spent=Spent(90, 80, 50, 1.0)), 2e-4),
    ]
    facts: dict[str, Any] = {
        "name": "a.tuning",
        "experiment": "a",
        "competition": "tiny",
        "metric": "rmse",
        "greater_is_better": False,
        "ranges": ["rates.top", "pooling.kind", "pooling.hidden"],
        "folds": [0, 1, 2, 3],
        "rows": 1234,
        "partners": [],
        "pruner": "paired",
        "level": 0.05,
        "trials": trials,
        "best": 1,
        "cross_fitted": CrossFitted(0.505, 0.02, {0: 1, 1: 1, 2: 4, 3: 1}),
        "spent": Spent(310, 274, 156, 3.1),
        "saved_seconds": 70.0,
    }
    return TuningResult(**{**facts, **changed})


def trial(number: int, outcome: Outcome, top: float, hidden: int = 0) -> Trial:
    """A trial; with a hidden size where it pools by attention."""
    values: dict[str, Any] = {"rates.top": top, "pooling.kind": "attention" if hidden else "mean"}
    if hidden:
        values["pooling.hidden"] = hidden
    return Trial(number, values, f"a.tuning.trial-{number:03d}.x", outcome=outcome)
