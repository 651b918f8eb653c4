"""The rows that a run misses most, with their texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foldwise.errors import FoldwiseError, UsageError
from foldwise.paths import Project
from foldwise.pipeline.attention import attending_runs, token_attention
from foldwise.pipeline.evidence import word_evidence
from foldwise.predictions.table import Predictions
from foldwise.reporting.reported_run import ReportedRun, told
from foldwise.reporting.section import Block, ShownRow, Span
from foldwise.reporting.shading import (
    Weighed,
    as_addend,
    as_share,
    greatest_weight,
    plain_part,
    shaded_part,
)

Floats = NDArray[np.float64]

SHOWN = 8
ATTENTION = (
    "The darker a word, the more of the pooling's weight it has in the model that did not learn "
    "from the row. Weights say where the model looked, not why it decided as it did."
)
ADDED = (
    "Orange words raise {what}, blue ones lower it: the model that did not learn from the row is "
    "linear, and adds up what its words count, in {unit}. The darker, the more."
)


def worst_block(project: Project, run: ReportedRun, count: int = SHOWN) -> Block:
    """The rows of the greatest error: what is true, what was predicted, and the text."""
    worst = np.argsort(-errors_of(run), kind="stable")[:count]
    try:
        shades = _shades(project, run, worst)
    except FoldwiseError as error:  # the texts are worth showing without shades
        shades = _Shades(f"Words are not shaded: {told(error)}")
    rows = [_shown(run, int(i), shades.parts.get(int(i))) for i in worst]
    return Block(run.name, sentences=[_what(run), shades.meaning], rows=rows)


def errors_of(run: ReportedRun) -> Floats:
    """(rows,) how far each is missed: the distance in deviations of the targets, or from 1.

    In a classification it is what the true label's probability lacks.
    """
    if run.competition.task == "classification":
        truth = run.targets[:, 0].astype(np.int64)
        return np.asarray(1 - run.oof.values[np.arange(len(truth)), truth])
    spread = run.targets.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    return np.asarray(np.sqrt(np.square((run.oof.values - run.targets) / scale).sum(axis=1)))


def _what(run: ReportedRun) -> str:
    if run.competition.task == "classification":
        return "The rows whose true label was given the least probability, out of fold."
    return "The rows with the greatest errors, out of fold."


@dataclass(frozen=True)
class _Shades:
    """By row the pieces of its texts, and what their shades mean, or why there are none."""

    meaning: str
    parts: Mapping[int, Sequence[Sequence[Span]]] = field(default_factory=dict)


def _shades(project: Project, run: ReportedRun, worst: NDArray[np.int64]) -> _Shades:
    """The words of these rows, shaded by the model of each row's fold.

    Raises:
        FoldwiseError: nothing is known of the words, or a model's files are gone.
    """
    attention = bool(attending_runs(project, run.name))
    found: dict[int, Sequence[Weighed]] = {}
    for fold in sorted(set(run.folds[worst].tolist())):
        rows = [int(i) for i in worst if run.folds[i] == fold]
        weigh = _attended if attention else _added
        found.update(zip(rows, weigh(project, run, rows, fold), strict=True))
    shown = as_share if attention else as_addend
    parts = {
        i: [shaded_part(part, greatest_weight(of), shown) for part in of] for i, of in found.items()
    }
    return _Shades(ATTENTION if attention else _what_is_added(run), parts)


def _attended(
    project: Project, run: ReportedRun, rows: Sequence[int], fold: int
) -> Sequence[Sequence[Weighed]]:
    return token_attention(project, run.name, [run.loaded.train.texts[i] for i in rows], fold)


def _added(
    project: Project, run: ReportedRun, rows: Sequence[int], fold: int
) -> Sequence[Sequence[Weighed]]:
    """What the words add to the first target, or to the label that was given.

    Raises:
        UsageError: the run is no sum of linear models.
    """
    texts = [run.loaded.train.texts[i] for i in rows]
    ids = tuple(run.loaded.train.ids[i] for i in rows)
    predictions = Predictions(ids, run.oof.outputs, run.oof.values[list(rows)])
    found = word_evidence(project, run.name, texts, predictions, fold)
    if found.kind == "none":
        raise UsageError(found.reason)
    return found.texts


def _what_is_added(run: ReportedRun) -> str:
    if run.competition.task == "classification":
        return ADDED.format(what="the given label's score above the others'", unit="logits")
    return ADDED.format(what=f"the predicted {run.competition.target[0]}", unit="its unit")


def _shown(run: ReportedRun, i: int, shaded: Sequence[Sequence[Span]] | None) -> ShownRow:
    parts = shaded or [plain_part(text) for text in run.loaded.train.texts[i]]
    facts = _facts_of_label(run, i) if run.loaded.labels else _facts_of_number(run, i)
    return ShownRow(run.loaded.train.ids[i], [*facts, f"fold {run.folds[i]}"], parts)


def _facts_of_label(run: ReportedRun, i: int) -> list[str]:
    labels, values = run.loaded.labels, run.oof.values[i]
    true, given = int(run.targets[i, 0]), int(values.argmax())
    return [
        f"true {labels[true]} ({values[true]:.3f})",
        f"given {labels[given]} ({values[given]:.3f})",
    ]


def _facts_of_number(run: ReportedRun, i: int) -> list[str]:
    facts = []
    for k, name in enumerate(run.competition.target):
        of = f"{name}: " if len(run.competition.target) > 1 else ""
        true, predicted = float(run.targets[i, k]), float(run.oof.values[i, k])
        facts += [f"{of}true {true:.2f}", f"predicted {predicted:.2f} ({predicted - true:+.2f})"]
    noise = run.loaded.train.target_sd
    return facts if noise is None else [*facts, f"raters ± {noise[i]:.2f}"]
