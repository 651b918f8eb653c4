"""A study as it was written down: what `tuning.json` says, read back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from foldwise.storage import read_record, write_json
from foldwise.tuning.curves import RateCurves
from foldwise.tuning.names import RESULT
from foldwise.tuning.result import CrossFitted, TuningResult
from foldwise.tuning.trials import Outcome, Spent, Trial


@dataclass(frozen=True)
class RecordedStudy:
    """A study's record.

    Attributes:
        result: its trials, and what they are worth.
        written: the experiment that it wrote; empty: none.
        importances: of the ranges; empty where too few trials had finished.
        curves: rates of the best trials; None where no rates were tuned.
    """

    result: TuningResult
    written: str = ""
    importances: dict[str, float] = field(default_factory=dict)
    curves: RateCurves | None = None


def write_study_record(folder: Path, study: RecordedStudy) -> None:
    """Write the record of the study in `folder`.

    Raises:
        StorageError: the disk is full.
    """
    table = asdict(study.result) | {"written": study.written, "importances": study.importances}
    if study.curves is not None:
        table["curves"] = asdict(study.curves)
    write_json(folder / RESULT, table)


def read_study(folder: Path) -> RecordedStudy:
    """The record of the study in `folder`.

    Raises:
        StorageError: it is damaged.
    """
    return read_record(folder / RESULT, _study_checked)


def _study_checked(**table: Any) -> RecordedStudy:
    """The study; a part that is missing or no number is a TypeError, as a field that is."""
    try:
        return _study(**table)
    except (KeyError, ValueError) as error:
        raise TypeError(f"{type(error).__name__}: {error}") from error


def _study(
    *,
    trials: Sequence[Mapping[str, Any]],
    spent: Mapping[str, Any],
    cross_fitted: Mapping[str, Any] | None,
    written: str = "",
    importances: Mapping[str, float] | None = None,
    curves: Mapping[str, Any] | None = None,
    **rest: Any,
) -> RecordedStudy:
    result = TuningResult(
        trials=[_trial(**trial) for trial in trials],
        spent=Spent(**spent),
        cross_fitted=None if cross_fitted is None else _cross_fitted(**cross_fitted),
        **rest,
    )
    found = None if curves is None else _curves(**curves)
    return RecordedStudy(result, written, dict(importances or {}), found)


def _trial(*, outcome: Mapping[str, Any], **rest: Any) -> Trial:
    told = dict(outcome)
    spent = Spent(**told.pop("spent"))
    return Trial(outcome=Outcome(spent=spent, **told), **rest)


def _cross_fitted(*, chosen: Mapping[str, int], **rest: Any) -> CrossFitted:
    return CrossFitted(chosen={int(fold): n for fold, n in chosen.items()}, **rest)


def _curves(*, groups: list[str], rates: Mapping[str, list[float]]) -> RateCurves:
    """With the numbers of trials as numbers: JSON has none as keys."""
    return RateCurves(groups, {int(number): of for number, of in rates.items()})
