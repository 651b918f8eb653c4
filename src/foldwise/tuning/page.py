"""A study as a page of Markdown, for people who were not there."""

from collections.abc import Mapping, Sequence
from typing import Any

from foldwise.errors import counted
from foldwise.tuning.curves import RateCurves
from foldwise.tuning.result import SHOWN, TuningResult
from foldwise.tuning.trials import Trial

SPECIAL = ("\\", "|", "*", "_", "<", "`", "[")
PICTURES = {  # by file name
    "history.png": "Every trial in the order it was tried, and the best score so far.",
    "importances.png": "How much of the scores' variance each range accounts for.",
    "parallel.png": "Each line is a trial; the darker, the better.",
    "rates.png": "Peak learning rates of the best trials, from the embeddings up to the head.",
}


def page_of(
    result: TuningResult,
    importances: Mapping[str, float],
    curves: RateCurves | None,
    pictures: Sequence[str],
) -> str:
    """The page: what was found, the best trials, pictures, time spent and saved."""
    lines = [f"# {_plain(title_of(result))}", "", *(f"- {_plain(r)}" for r in remarks(result))]
    lines += ["", f"## The best {min(SHOWN, len(result.ranked()))}", ""]
    lines += _table(columns_of(result), [row_of(result, t) for t in result.ranked()[:SHOWN]])
    if importances:
        lines += ["", "## Importances", ""]
        rows = [[name, f"{share:.2f}"] for name, share in importances.items()]
        lines += _table(["range", "share of the variance"], rows)
    if curves is not None:
        lines += ["", "## Rates", ""]
        rows = [
            [
                group,
                *(_rate(rates[i]) for rates in curves.rates.values()),
            ]
            for i, group in enumerate(curves.groups)
        ]
        lines += _table(["layer group", *(f"trial {n}" for n in curves.rates)], rows)
    for picture in pictures:
        lines += ["", f"![{PICTURES[picture]}]({picture})", "", PICTURES[picture]]
    others = [t for t in result.trials if t.outcome.state != "finished"]
    if others:
        lines += ["", "## Trials that have no score", ""]
        rows = [[str(t.number), t.outcome.state, t.outcome.reason, _values(t)] for t in others]
        lines += _table(["trial", "state", "why", "values"], rows)
    return "\n".join(lines) + "\n"


def title_of(result: TuningResult) -> str:
    """The study in one line."""
    return (
        f"{result.name}: {counted(len(result.trials), 'trial')} of {result.experiment} on "
        f"{result.rows:,} rows of {result.competition}, {counted(len(result.folds), 'fold')}"
    )


def columns_of(result: TuningResult) -> list[str]:
    """The header of the table of trials."""
    return ["trial", f"OOF {result.metric}", *result.ranges, "seconds"]


def row_of(result: TuningResult, trial: Trial) -> list[str]:
    """One finished trial."""
    outcome = trial.outcome
    error = "" if outcome.standard_error is None else f" ± {outcome.standard_error:.4f}"
    shown = [_value(value) for value in result.values_shown(trial).values()]
    return [
        str(trial.number),
        f"{outcome.score:.4f}{error}",
        *shown,
        f"{outcome.spent.seconds:.0f}",
    ]


def remarks(result: TuningResult) -> list[str]:
    """What the study found and took, in sentences."""
    lines = [_counts(result)]
    best, first = result.best_trial(), result.trials[0] if result.trials else None
    if best is not None:
        lines.append(_of_best(result, best))
    if best is not None and first is not None and first.outcome.score is not None:
        lines.append(
            f"the untuned defaults (trial {first.number}) score {first.outcome.score:.4f}"
            + (", and nothing was better" if first.number == best.number else "")
        )
    fitted = result.cross_fitted
    if fitted is not None:
        error = "" if fitted.standard_error is None else f" ± {fitted.standard_error:.4f}"
        lines.append(
            f"chosen on the other folds, fold by fold, the score is {fitted.score:.4f}{error}: "
            f"what to expect of the choice"
        )
    spent = result.spent
    processor = f", {_time(spent.cpu_seconds)} of a processor" if spent.cpu_seconds else ""
    steps = f", {spent.steps:,} steps" if spent.steps else ""
    saved = result.saved_seconds
    lines.append(
        f"time spent in training: {_time(spent.seconds)}{processor}{steps}; saved by dropping "
        f"trials early: about {_time(saved)}"
    )
    return lines


def _counts(result: TuningResult) -> str:
    counts = {state: len(result.of_state(state)) for state in ("finished", "pruned", "failed")}
    words = [f"{count} {state}" for state, count in counts.items() if count]
    running = len(result.of_state("running"))
    words += [f"{running} still to go on"] if running else []
    how = {
        "paired": f"rows paired with the best trial's, level {result.level:g}",
        "none": "none",
    }.get(result.pruner, f"Optuna's {result.pruner} pruner")
    return f"{counted(len(result.trials), 'trial')}: {', '.join(words)}; pruning: {how}"


def _of_best(result: TuningResult, best: Trial) -> str:
    blend = f", blended with {', '.join(result.partners)}" if result.partners else ""
    error = best.outcome.standard_error
    shown = f"{best.outcome.score:.4f}" + ("" if error is None else f" ± {error:.4f}")
    return (
        f"the best is trial {best.number}: {result.metric} {shown}{blend}; optimistic, since it "
        f"is the best of {len(result.ranked())} on these very rows"
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [_row(columns), _row(["---"] * len(columns), plain=False), *map(_row, rows)]


def _row(cells: Sequence[str], *, plain: bool = True) -> str:
    return f"| {' | '.join(map(_plain, cells) if plain else cells)} |"


def _values(trial: Trial) -> str:
    return " ".join(f"{name}={_value(value)}" for name, value in trial.values.items())


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _rate(rate: float) -> str:
    return f"{rate:.2g}" if rate else "frozen"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _plain(text: str) -> str:
    """`text` without what Markdown would obey, in one line."""
    for character in SPECIAL:
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
