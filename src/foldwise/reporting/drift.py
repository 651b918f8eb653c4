"""Whether test texts are of another kind than training texts: can a model tell them apart?

Adversarial validation: words and pairs of words, weighed by TF-IDF, a logistic regression on them,
and its AUC on rows that it did not learn from. 0.5: it cannot. The words that it goes by say what
differs. Only words are looked at: a difference of another kind is not seen.

Rows of one document are alike, so that files of different documents are told apart even where
chance dealt them. Such files are therefore compared with training documents dealt at random.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.metrics import METRICS, Score, score
from foldwise.competition.rows import Rows

Floats = NDArray[np.float64]

MOST_ROWS = 4000  # of each file, drawn with a fixed seed: the AUC is then known to about 0.006
FEWEST_ROWS = 50
FOLDS = 5
FEATURES = 50_000
WORDS = 8  # shown of each side
SEED = 0
DEALS = 5  # of training documents at random; each takes as long as the comparison itself
WORD = r"(?u)\b\w+\b"  # also of one letter


@dataclass(frozen=True)
class Baseline:
    """The AUC of files that do not differ.

    Attributes:
        auc: 0.5, or where rows have groups the median over training groups dealt at random.
        spread: the standard deviation over these deals.
        deals: how many; 0 where rows have no groups.
    """

    auc: float = 0.5
    spread: float = 0.0
    deals: int = 0


@dataclass(frozen=True)
class Drift:
    """How well test texts are told from training texts.

    Attributes:
        auc: with its standard error, out of fold.
        rows: of training and of test rows that were compared.
        of_train, of_test: the words that speak most for either.
        baseline: what the AUC is where the files do not differ.
    """

    auc: Score
    rows: tuple[int, int]
    of_train: Sequence[str]
    of_test: Sequence[str]
    baseline: Baseline

    @property
    def is_noise(self) -> bool:
        """Whether it is above the baseline by less than two standard errors of both."""
        noise = math.hypot(self.auc.standard_error or 0.0, self.baseline.spread)
        return self.auc.value - self.baseline.auc <= 2 * noise


def drift(train: Rows, test: Rows) -> Drift | None:
    """How well the texts of two files are told apart; None where that cannot be told.

    It takes fifty different texts of each file, words that they share and, where training rows have
    groups, groups to deal. Of texts that are repeated in a file one is left: a model that learned
    from one copy knows the others. Texts that stand in both files stay: they make the files alike.
    """
    train, test = _distinct(train), _distinct(test)
    if min(len(train), len(test)) < FEWEST_ROWS:
        return None
    baseline = _baseline(train, len(test) / (len(train) + len(test)))
    if baseline is None or (told := _told_apart(train, test)) is None:
        return None
    return Drift(told.auc, told.rows, *told.words(), baseline)


def _distinct(rows: Rows) -> Rows:
    """The first row of each text."""
    first: dict[tuple[str, ...], int] = {}
    for i, text in enumerate(rows.texts):
        first.setdefault(text, i)
    return rows if len(first) == len(rows) else rows.take(list(first.values()))


def _baseline(train: Rows, share: float) -> Baseline | None:
    """What files of which the second has this share of rows are told apart by, by chance alone."""
    if train.groups is None:
        return Baseline()
    found = []
    for seed in range(DEALS):
        is_second = _dealt(train.groups, share, seed)
        parts = [train.take(np.flatnonzero(is_second == part)) for part in (False, True)]
        told = _told_apart(*parts) if min(map(len, parts)) >= FEWEST_ROWS else None
        if told is None:
            return None
        found.append(told.auc.value)
    return Baseline(float(np.median(found)), float(np.std(found, ddof=1)), DEALS)


def _dealt(groups: Sequence[str], share: float, seed: int) -> NDArray[np.bool_]:
    """(rows,) whether a row's group is dealt to the second file, which gets this share of rows."""
    names, of_row, sizes = np.unique(np.array(groups), return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    before = np.cumsum(sizes[order]) - sizes[order] / 2  # a group goes where its middle falls
    second = np.empty(len(names), dtype=np.bool_)
    second[order] = before < share * len(groups)
    return np.asarray(second[of_row])


def _drawn(rows: Rows) -> list[str]:
    """Texts of up to `MOST_ROWS` rows; those of a pair in one string."""
    chosen = np.arange(len(rows))
    if len(rows) > MOST_ROWS:
        chosen = np.random.default_rng(SEED).choice(len(rows), MOST_ROWS, replace=False)
    return [" ".join(rows.texts[i]) for i in chosen]


@dataclass(frozen=True, eq=False)
class _Told:
    """A comparison of two files: its AUC, the rows of each, and the weight of each word."""

    auc: Score
    rows: tuple[int, int]
    names: Sequence[str]
    weights: Floats

    def words(self) -> tuple[list[str], list[str]]:
        """The words that speak most for the first file, and those for the second."""
        order = np.argsort(self.weights)
        first, second = order[:WORDS], order[::-1][:WORDS]
        return [str(self.names[i]) for i in first], [str(self.names[i]) for i in second]


def _told_apart(train: Rows, test: Rows) -> _Told | None:
    """The comparison of two files; None where no word stands in two texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    first, second = _drawn(train), _drawn(test)
    texts = [*first, *second]
    truth = np.repeat([0.0, 1.0], [len(first), len(second)])
    words = TfidfVectorizer(
        ngram_range=(1, 2), min_df=2, max_features=FEATURES, sublinear_tf=True,
        token_pattern=WORD,
    )  # fmt: skip
    model = make_pipeline(words, LogisticRegression(max_iter=300, class_weight="balanced"))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    try:
        guesses = cross_val_predict(model, texts, truth, cv=folds, method="predict_proba")
        model.fit(texts, truth)
    except ValueError:  # there is nothing to go by
        return None
    auc = score(METRICS["auc"], truth[:, None], np.asarray(guesses))
    names = words.get_feature_names_out()
    return _Told(auc, (len(first), len(second)), names, model[-1].coef_[0])
