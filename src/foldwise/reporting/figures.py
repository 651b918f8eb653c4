"""Numbers as they are written in a report: never without their noise where it is known."""

from foldwise.competition.metrics import Metric

UNKNOWN = "-"


def figure(value: float, standard_error: float | None = None) -> str:
    """A score in four digits, with its standard error where it is known: "1.0853 ± 0.0126"."""
    return f"{value:.4f}" if standard_error is None else f"{value:.4f} ± {standard_error:.4f}"


def difference(value: float, standard_error: float | None = None) -> str:
    """A difference with its sign, and its standard error where it is known."""
    shown = round(value, 4) + 0.0  # never "-0.0000"
    return f"{shown:+.4f}" if standard_error is None else f"{shown:+.4f} ± {standard_error:.4f}"


def percent(share: float) -> str:
    """A share of one as "12.3 %"."""
    return f"{100 * share:.1f} %"


def duration(seconds: float) -> str:
    """A time in the largest unit that leaves two digits or more before the point, or in seconds."""
    for unit, size in (("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 10 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def direction(metric: Metric) -> str:
    """Which way is better, for the label of an axis: "rmse, lower is better"."""
    return f"{metric.name}, {'higher' if metric.greater_is_better else 'lower'} is better"
