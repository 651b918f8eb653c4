"""Predictions for a few texts with what stands behind each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from foldwise.paths import Project
from foldwise.pipeline.evidence import WordWeights, word_evidence
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
    """Texts with their predictions; `kind` and `reason` are those of `Evidence`."""

    texts: list[ExplainedText]
    kind: Literal["attention", "contribution", "none"]
    reason: str


SHOWN_OUTPUTS = 3


def explain(project: Project, run: str, new: NewTexts, predictions: Predictions) -> Explained:
    """What stands behind the run's predictions for a few new texts.

    Args:
        project: where.
        run: a finished run.
        new: the texts.
        predictions: of the run for them, in their order.

    Raises:
        DataError, StorageError: see `word_evidence` and `neighbours`.
    """
    evidence = word_evidence(project, run, new.texts, predictions)
    near = neighbours(project, run, predictions)
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
    return Explained(texts, evidence.kind, evidence.reason)


def _shown(predictions: Predictions, row: int) -> tuple[str, ...]:
    order = (-predictions.values[row]).argsort(kind="stable")
    chosen = sorted(order[:SHOWN_OUTPUTS]) if len(order) > SHOWN_OUTPUTS else range(len(order))
    return tuple(predictions.outputs[i] for i in chosen)
