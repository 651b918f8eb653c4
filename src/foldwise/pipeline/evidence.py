"""Which words of a text a run's prediction came from, as far as the run can tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import load_competition
from foldwise.ensembling.record import formula_of, is_ensemble, read_ensemble
from foldwise.paths import Project
from foldwise.pipeline.attention import (
    attending_runs,
    attending_share,
    token_attention,
    without_attention,
)
from foldwise.pipeline.fold_models import finished_run, tfidf_models
from foldwise.pipeline.text_words import on_words, word_spans
from foldwise.predictions.table import Predictions
from foldwise.settings import load_experiment
from foldwise.training.run_scores import read_scores
from foldwise.training.tfidf_model import joined
from foldwise.training.tfidf_words import spaced_words, word_contributions

FloatArray = NDArray[np.float64]
Texts = Sequence[tuple[str, ...]]
Shares = dict[str, FloatArray]


@dataclass(frozen=True, eq=False)
class WordWeights:
    """The words of a text, or of one part of a pair.

    Attributes:
        text: what they stand in.
        spans: start and end of each in characters, ascending.
        weights: (words,) see `Evidence.kind`.
        read_to: the character where the models stopped to read; the text's length if they did not.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    weights: FloatArray
    read_to: int


@dataclass(frozen=True)
class Evidence:
    """Words with weights, for each text and part.

    Attributes:
        kind: "attention": shares of the pooling's attention, not negative. "contribution": what
            each word adds to a linear model's score, of either sign. "none": nothing is known.
        of: for each text the output that contributions are to; empty for the other kinds.
        texts: for each text its parts; empty where nothing is known.
        reason: why nothing is known, and what would tell; else empty.
        share: of the run that the weights speak for: below 1 where an ensemble's other members
            have no attention.
    """

    kind: Literal["attention", "contribution", "none"]
    of: tuple[str, ...]
    texts: tuple[tuple[WordWeights, ...], ...]
    reason: str
    share: float = 1.0

    def of_members(self) -> str:
        """What to say beside attention that is not the whole blend's; else empty."""
        if self.share > 1 - 1e-9:
            return ""
        return f" (of the members with attention, {self.share:.0%} of the blend)"


def word_evidence(
    project: Project, run: str, texts: Texts, predictions: Predictions, fold: int | None = None
) -> Evidence:
    """What is known of the words behind the run's predictions for `texts`.

    Attention where a pooling has learned it. Of linear models on TF-IDF, and of regressions that
    blend nothing else, what each word adds: to the first output of a regression, in units of the
    target; to the most probable label of a classification, its score less the mean of the others',
    in logits. Attention says where a model looked, not what it made of it.

    Args:
        project: where.
        run: a finished run.
        texts: with as many parts each as the competition has text columns.
        predictions: of the texts, by this run, in their order.
        fold: of the model that is asked; None: the mean over the models of all folds.

    Raises:
        DataError: the run has not finished, its members have changed, or texts have other parts.
        StorageError: a model file is missing or is not what the run wrote.
    """
    if attending_runs(project, run):
        found = _attention(project, run, texts, fold)
        return Evidence("attention", (), found, "", attending_share(project, run))
    shares = _tfidf_shares(project, run, len(predictions.outputs))
    if shares is None:
        return Evidence("none", (), (), without_attention(project, run))
    chosen = _explained_outputs(project, run, predictions)
    of = tuple(predictions.outputs[i] for i in chosen)
    return Evidence("contribution", of, _contributions(project, shares, texts, chosen, fold), "")


def _attention(
    project: Project, run: str, texts: Texts, fold: int | None
) -> tuple[tuple[WordWeights, ...], ...]:
    found = []
    for parts in token_attention(project, run, texts, fold):
        of_parts = []
        for part in parts:
            words = word_spans(part.text)
            last = max((end for _, end in words), default=0)
            read = max((end for _, end in part.spans), default=0)
            weights = on_words(part.spans, part.weights, words)
            to = len(part.text) if read >= last else read
            of_parts.append(WordWeights(part.text, words, weights, to))
        found.append(tuple(of_parts))
    return tuple(found)


def _tfidf_shares(project: Project, run: str, outputs: int) -> Shares | None:
    """(outputs,) weights of the TF-IDF runs that sum to `run`; None where it is no such sum.

    A blend of probabilities is no sum of scores, nor is one of ranks or with cut points.
    """
    folder = project.run(run)
    if not is_ensemble(folder):
        is_tfidf = load_experiment(folder / "settings.toml").kind == "tfidf"
        return {run: np.ones(outputs)} if is_tfidf else None
    ensemble = read_ensemble(folder)
    formula = formula_of(ensemble, outputs)
    if formula.space != "plain" or formula.probabilities or formula.cut_points:
        return None
    found: Shares = {}
    for member, weights in zip(ensemble.members, formula.weights, strict=True):
        if not any(weights):
            continue
        below = _tfidf_shares(project, member, outputs)
        if below is None:
            return None
        for name, share in below.items():
            found[name] = found.get(name, np.zeros(outputs)) + np.array(weights) * share
    return found


def _explained_outputs(project: Project, run: str, predictions: Predictions) -> list[int]:
    """For each text the number of the output whose contributions are shown."""
    competition = load_competition(project.competition(read_scores(project.run(run)).competition))
    if competition.task == "regression":
        return [0] * len(predictions)
    return [int(i) for i in predictions.values.argmax(axis=1)]


def _contributions(
    project: Project, shares: Shares, texts: Texts, chosen: Sequence[int], fold: int | None
) -> tuple[tuple[WordWeights, ...], ...]:
    totals = [np.zeros(sum(len(spaced_words(part)) for part in text)) for text in texts]
    for run, share in shares.items():
        finished = finished_run(project, run)
        asked = finished.folds if fold is None else [fold]
        for number, model in zip(finished.folds, tfidf_models(finished), strict=True):
            if number not in asked:
                continue
            for i, text in enumerate(joined(texts)):
                added = word_contributions(model, text)
                wanted = _of_output(added, chosen[i], is_class=finished.task == "classification")
                totals[i] += share[chosen[i]] * wanted / len(asked)
    return tuple(_parted(text, total) for text, total in zip(texts, totals, strict=True))


def _of_output(added: FloatArray, output: int, *, is_class: bool) -> FloatArray:
    """(words,) what words add to one output; of a class, above the mean of the others."""
    if not is_class:
        return added[:, output]
    others: FloatArray = np.delete(added, output, axis=1)
    return np.asarray(added[:, output] - others.mean(axis=1))


def _parted(text: tuple[str, ...], weights: FloatArray) -> tuple[WordWeights, ...]:
    """The words of a joined text, part by part."""
    parts, begin = [], 0
    for part in text:
        spans = spaced_words(part)
        own = weights[begin : begin + len(spans)]
        begin += len(spans)
        parts.append(WordWeights(part, spans, own, len(part)))
    return tuple(parts)
