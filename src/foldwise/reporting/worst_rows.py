"""The rows that a run misses most, with their texts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foldwise.errors import FoldwiseError
from foldwise.paths import Project
from foldwise.pipeline.attention import WeighedText, token_attention
from foldwise.reporting.reported_run import ReportedRun, told
from foldwise.reporting.section import Block, ShownRow, Span
from foldwise.reporting.shading import greatest_weight, plain_part, shaded_part

Floats = NDArray[np.float64]

SHOWN = 8
SHADED = (
    "The darker a word, the more of the pooling's weight it has in the model that did not learn "
    "from the row. Weights say where the model looked, not why it decided as it did."
)


def worst_block(project: Project, run: ReportedRun, count: int = SHOWN) -> Block:
    """The rows of the greatest error: what is true, what was predicted, and the text."""
    worst = np.argsort(-errors_of(run), kind="stable")[:count]
    weighed, note = _attention(project, run, worst)
    rows = [_shown(run, int(i), weighed.get(int(i))) for i in worst]
    sentences = [_what(run), *([SHADED] if weighed else []), *([note] if note else [])]
    return Block(run.name, sentences=sentences, rows=rows)


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


def _attention(
    project: Project, run: ReportedRun, worst: NDArray[np.int64]
) -> tuple[dict[int, list[WeighedText]], str]:
    """The weights on the tokens of these rows, by row, and a note where there are none."""
    found: dict[int, list[WeighedText]] = {}
    try:
        for fold in sorted(set(run.folds[worst].tolist())):
            rows = [int(i) for i in worst if run.folds[i] == fold]
            texts = [run.loaded.train.texts[i] for i in rows]
            parts = token_attention(project, run.name, texts, fold)
            found.update(zip(rows, parts, strict=True))
    except FoldwiseError as error:  # the texts are worth showing without shades
        return {}, f"Words are not shaded: {told(error)}"
    return found, ""


def _shown(run: ReportedRun, i: int, weighed: Sequence[WeighedText] | None) -> ShownRow:
    parts: list[list[Span]]
    if weighed is None:
        parts = [plain_part(text) for text in run.loaded.train.texts[i]]
    else:
        greatest = greatest_weight(weighed)
        parts = [shaded_part(part, greatest) for part in weighed]
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
