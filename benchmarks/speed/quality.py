"""Whether the fast one is as good: validation errors of the same seeds, subtracted."""

from collections.abc import Sequence
from statistics import mean, stdev

from speed.measurement import Training
from speed.rounds import Line


def quality_sentences(lines: Sequence[Line[Training]]) -> list[str]:
    """Each Foldwise line's mean difference from the best Trainer's, with its standard error.

    The best Trainer is the one of the lowest mean RMSE: chosen among several, it looks a little
    better than it is.
    """
    errors = {
        line.contestant.label: [one.rmse for one in line.measured if one.rmse is not None]
        for line in lines
    }
    theirs = [x.contestant.label for x in lines if x.contestant.system == "trainer"]
    theirs = [label for label in theirs if errors[label]]
    own = [x.contestant.label for x in lines if x.contestant.system == "foldwise"]
    own = [label for label in own if errors[label]]
    if not theirs or not own:
        return ["There is no Trainer, or no Foldwise, to compare RMSEs with."]
    best = min(theirs, key=lambda label: mean(errors[label]))
    rows = [f"- {label}: {_difference(errors[label], errors[best])}" for label in own]
    head = f"RMSE minus that of the best Trainer ({best}, mean {mean(errors[best]):.4f}), by seed:"
    return ["\n".join([head, "", *rows])]


def _difference(own: Sequence[float], theirs: Sequence[float]) -> str:
    """The mean of paired differences, and its standard error where there are two or more."""
    differences = [a - b for a, b in zip(own, theirs, strict=False)]  # one may have failed midway
    if len(differences) < 2:
        return f"{differences[0]:+.4f} (one seed: no standard error)"
    error = stdev(differences) / len(differences) ** 0.5
    return f"{mean(differences):+.4f} ± {error:.4f} ({len(differences)} seeds)"
