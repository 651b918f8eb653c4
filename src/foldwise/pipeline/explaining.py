"""Predictions for a few texts with what stands behind each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from foldwise.errors import FoldwiseError
from foldwise.paths import Project
from foldwise.pipeline.evidence import Evidence, WordWeights, word_evidence
from foldwise.pipeline.neighbours import Neighbour, neighbours
from foldwise.pipeline.new_texts import NewTexts
from foldwise.predictions.table import Predictions


@dataclass(frozen=True)
class ExplainedText:
    """One text.

    Attributes:
        id: its number on the command line.
        parts: the text, or both of a pair.
        outputs: what is predicted, by name.
        shown: the outputs worth showing of a neighbour: those of the new text, largest first where
            they are probabilities, three at most.
        neighbours: training rows with predictions like it, nearest first.
        words: part by part; empty where nothing is known of them.
        of: the output that the words' contributions are to; else empty.
    """

    id: str
    parts: tuple[str, ...]
    outputs: Mapping[str, float]
    shown: tuple[str, ...]
    neighbours: list[Neighbour]
    words: tuple[WordWeights, ...]
    of: str


@dataclass(frozen=True)
class Explained:
    """Texts with their predictions.

    Attributes:
        texts: in their order.
        kind: of the words' weights, see `Evidence`.
        reason: why nothing is known of the words; else empty.
        no_neighbours: why no training rows are shown; else empty.
        of_members: see `Evidence`.
    """

    texts: list[ExplainedText]
    kind: Literal["attention", "contribution", "none"]
    reason: str
    no_neighbours: str = ""
    of_members: str = ""


SHOWN_OUTPUTS = 3


def explain(project: Project, run: str, new: NewTexts, predictions: Predictions) -> Explained:
    """What stands behind the run's predictions for a few new texts.

    Words and training rows are found each by itself: what cannot be found has its reason instead.

    Args:
        project: where.
        run: a finished run.
        new: the texts.
        predictions: of the run for them, in their order.
    """
    evidence = _evidence(project, run, new, predictions)
    near, no_neighbours = _near(project, run, predictions)
    texts = [
        ExplainedText(
            id=new.ids[i],
            parts=new.texts[i],
            outputs=dict(zip(predictions.outputs, predictions.values[i].tolist(), strict=True)),
            shown=_shown(predictions, i),
            neighbours=near[i],
            words=evidence.texts[i] if evidence.texts else (),
            of=evidence.of[i] if evidence.of else "",
        )
        for i in range(len(new.ids))
    ]
    return Explained(texts, evidence.kind, evidence.reason, no_neighbours, evidence.of_members())


def _evidence(project: Project, run: str, new: NewTexts, predictions: Predictions) -> Evidence:
    try:
        return word_evidence(project, run, new.texts, predictions)
    except FoldwiseError as error:
        return Evidence("none", (), (), str(error))


def _near(
    project: Project, run: str, predictions: Predictions
) -> tuple[list[list[Neighbour]], str]:
    """The neighbours of each row, none where they cannot be told, and why they cannot."""
    try:
        return neighbours(project, run, predictions), ""
    except FoldwiseError as error:
        return [[] for _ in predictions.ids], str(error)


def _shown(predictions: Predictions, row: int) -> tuple[str, ...]:
    order = (-predictions.values[row]).argsort(kind="stable")
    chosen = sorted(order[:SHOWN_OUTPUTS]) if len(order) > SHOWN_OUTPUTS else range(len(order))
    return tuple(predictions.outputs[i] for i in chosen)
