"""What a run has journaled, as trackers take it: curves by fold, and the scores in the end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from foldwise.journal import FILE as JOURNAL
from foldwise.journal import Journal
from foldwise.settings import Settings, load_experiment
from foldwise.storage import sha256_of_strings
from foldwise.training.run_scores import RunScores, is_finished, read_scores


@dataclass(frozen=True)
class Point:
    """One number of a curve.

    Attributes:
        curve: such as `fold-0/train_loss`; blanks are `_`, which all trackers take.
        step: of the optimizer, from the start of the fold's training.
        value: the number.
        time: when it was journaled, in seconds since 1970.
    """

    curve: str
    step: int
    value: float
    time: float


@dataclass(frozen=True)
class RunRecord:
    """A run so far.

    Attributes:
        name: of the run.
        key: of this very run: one begun afresh under the same name has another.
        settings: every setting by its dotted name.
        points: of all folds, each fold's in the order of steps.
        scores: of the finished run by name, such as `rmse` and `rmse/standard_error`; else empty.
    """

    name: str
    key: str
    settings: Mapping[str, Any]
    points: tuple[Point, ...]
    scores: Mapping[str, float]


def run_record(folder: Path) -> RunRecord:
    """What the run in `folder` has journaled so far; whatever is read twice is the same twice.

    Raises:
        StorageError: a file of the run is damaged.
    """
    settings = load_experiment(folder / "settings.toml")
    begun = [str(event["time"]) for event in Journal(folder / JOURNAL).events("begun")]
    folds = sorted(folder.glob("fold-*"), key=lambda fold: int(fold.name.removeprefix("fold-")))
    return RunRecord(
        name=folder.name,
        key=sha256_of_strings(folder.name, *begun)[:16],
        settings=_plain(settings),
        points=tuple(point for fold in folds for point in _points(fold)),
        scores=_scores(read_scores(folder)) if is_finished(folder) else {},
    )


def _plain(settings: Settings) -> dict[str, Any]:
    return {k: v for k, v in settings.flat().items() if not k.startswith("tracking.")}


def _points(fold: Path) -> Iterator[Point]:
    """The points of a fold's curves: loss, score, seconds, and the rate of each layer group."""
    for look in looks_of(fold):
        step, time = int(look["step"]), datetime.fromisoformat(look["time"]).timestamp()
        values = {
            "train_loss": look["loss"],
            "validation_score": look["score"],
            "seconds": look["seconds"],
            **{f"rate/{group}": rate for group, rate in look["rates"].items()},
        }
        for name, value in values.items():
            yield Point(f"{fold.name}/{name}".replace(" ", "_"), step, float(value), time)


def looks_of(fold: Path) -> list[dict[str, Any]]:
    """The journaled evaluations of a fold, each step once, in the order of steps.

    A step that is journaled again was made again, after a kill or a collapse: what had come after
    it the first time is not part of the training any more.
    """
    kept: list[dict[str, Any]] = []
    for look in Journal(fold / JOURNAL).events("look"):
        while kept and kept[-1]["step"] >= look["step"]:
            kept.pop()
        kept.append(look)
    return kept


def _scores(scores: RunScores) -> dict[str, float]:
    """The honest scores by name, with their errors, optimism and folds; seconds of training."""
    found = {"seconds": scores.seconds}
    for metric, of in scores.scores.items():
        found[metric] = of.value
        found |= {f"{metric}/fold-{i}": value for i, value in enumerate(of.folds)}
        if of.standard_error is not None:
            found[f"{metric}/standard_error"] = of.standard_error
        if (optimism := scores.optimism(metric)) is not None:
            found[f"{metric}/optimism"] = optimism
    return found
