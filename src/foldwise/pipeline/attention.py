"""How much the words of a text counted in a finished run's pooling."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import load_competition
from foldwise.ensembling.record import formula_of, is_ensemble, read_ensemble
from foldwise.errors import UsageError
from foldwise.paths import Project
from foldwise.pipeline.fold_models import finished_run
from foldwise.pipeline.predicting import check_parts
from foldwise.pipeline.provenance import check_members
from foldwise.pipeline.text_words import on_words, word_spans
from foldwise.settings import Settings, load_experiment
from foldwise.training.run_scores import read_scores, read_tables

FloatArray = NDArray[np.float64]
Texts = Sequence[tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class WeighedText:
    """A text, or one part of a pair, with the weight of each of its tokens.

    Attributes:
        text: what the tokens were made from.
        spans: start and end of each token in characters, in order, without special tokens. Tokens
            that share a character have the same span. An ensemble's are words.
        weights: (tokens,) not negative. With those of the special tokens, and of the other part in
            a pair, they sum to one.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    weights: FloatArray


Weighed = list[list[WeighedText]]


def token_attention(
    project: Project, run: str, texts: Texts, fold: int | None = None
) -> list[list[WeighedText]]:
    """For each text its parts, with the weights that the run's attention pooling gives tokens.

    Only an attention pooling learns where to look: a mean counts all tokens alike, "first" looks at
    the classifier's token alone, and the others are no weighted sums of tokens. Of an ensemble, the
    members with attention, weighted by the size of their weights in the blend, on words: members
    may cut words into tokens of their own.

    Args:
        project: where.
        run: a finished run.
        texts: with as many parts each as the competition has text columns.
        fold: of the model that is asked; None: the mean over the models of all folds.

    Raises:
        UsageError: the run's pooling weighs no tokens, or there is no such fold.
        DataError: the run has not finished, its members have changed, or texts have other parts.
        StorageError: a model file is missing or is not what the run wrote.
    """
    scores = read_scores(project.run(run))
    check_members(project, run)
    check_parts(load_competition(project.competition(scores.competition)), texts)
    if fold is not None and not 0 <= fold < len(scores.looks):
        raise UsageError(f"folds of {run} are 0 to {len(scores.looks) - 1}, got {fold}")
    shares = attending_runs(project, run)
    if not shares:
        raise UsageError(without_attention(project, run))
    if not is_ensemble(project.run(run)):
        return _by_models(project, run, texts, fold)
    total = sum(shares.values())
    weighed = [
        (share / total, _by_models(project, member, texts, fold))
        for member, share in shares.items()
    ]
    return [
        [_blended([(share, rows[i][part]) for share, rows in weighed]) for part in range(len(text))]
        for i, text in enumerate(texts)
    ]


def attends(chosen: Settings) -> bool:
    """Whether a run of these settings has a pooling that learns where to look."""
    poolings = (chosen.pooling.kind, chosen.pooling.beside)
    return chosen.kind == "encoder" and "attention" in poolings


def attending_runs(project: Project, run: str) -> dict[str, float]:
    """The trained runs with attention in `run`, itself or below it, and what each counts there.

    Of an ensemble the sizes of the blend's weights, multiplied where members are ensembles; a
    member that counts nothing is left out.
    """
    folder = project.run(run)
    if not is_ensemble(folder):
        return {run: 1.0} if attends(load_experiment(folder / "settings.toml")) else {}
    found: dict[str, float] = {}
    for member, weight in member_weights(project, run).items():
        for below, share in attending_runs(project, member).items():
            found[below] = found.get(below, 0.0) + weight * share
    return {name: share for name, share in found.items() if share > 0}


def attending_share(project: Project, run: str) -> float:
    """How much of `run` is by runs with attention: from 0 to 1, of the sizes of its weights."""
    if not is_ensemble(project.run(run)):
        return float(bool(attending_runs(project, run)))
    weights = member_weights(project, run)
    attending = sum(weight * attending_share(project, name) for name, weight in weights.items())
    return attending / (sum(weights.values()) or 1.0)


def member_weights(project: Project, run: str) -> dict[str, float]:
    """The size of each member's weight in the ensemble `run`, the mean over outputs."""
    ensemble = read_ensemble(project.run(run))
    _, test = read_tables(project.run(run))
    table = np.abs(formula_of(ensemble, len(test.outputs)).weights).mean(axis=1)
    return dict(zip(ensemble.members, table.tolist(), strict=True))


def without_attention(project: Project, run: str) -> str:
    """Why `run` weighs no tokens, and what would."""
    folder = project.run(run)
    advice = "train a run with pooling.kind=attention, or with pooling.beside=attention"
    if is_ensemble(folder):
        names = ", ".join(member_weights(project, run))
        return f"no member of {run} that counts weighs tokens by attention ({names}); {advice}"
    chosen = load_experiment(folder / "settings.toml")
    found = "TF-IDF has no tokens to weigh"
    if chosen.kind == "encoder":
        found = f"pooling.kind={chosen.pooling.kind!r} learns no weights of tokens"
    return f"{run}: {found}; {advice}"


def _by_models(project: Project, run: str, texts: Texts, fold: int | None) -> Weighed:
    from foldwise.pipeline.token_weights import weighed_tokens  # which needs torch

    weighed = weighed_tokens(finished_run(project, run), texts, fold)
    return [
        [
            WeighedText(part, tokens.spans, weights)
            for part, (tokens, weights) in zip(text, parts, strict=True)
        ]
        for text, parts in zip(texts, weighed, strict=True)
    ]


def _blended(parts: Sequence[tuple[float, WeighedText]]) -> WeighedText:
    """The weighted mean of several runs' weights on the words of one text."""
    text = parts[0][1].text
    words = word_spans(text)
    weights = np.zeros(len(words))
    for share, part in parts:
        weights += share * on_words(part.spans, part.weights, words)
    return WeighedText(text, words, weights)
