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
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.metrics import METRICS, Score, score
from foldwise.competition.rows import Rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]

MOST_ROWS = 4000  # of each file, drawn with a fixed seed: the AUC is then known to about 0.006
FEWEST_ROWS = 50
FOLDS = 5
FEATURES = 50_000
FEWEST_TEXTS = 2  # that a word stands in
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
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.model_selection import StratifiedKFold

    first, second = _drawn(train), _drawn(test)
    truth = np.repeat([0.0, 1.0], [len(first), len(second)])
    words = CountVectorizer(ngram_range=(1, 2), min_df=FEWEST_TEXTS, token_pattern=WORD)
    guesses = np.zeros((len(truth), 2))
    try:
        counts = words.fit_transform([*first, *second])  # once: it takes longer than all the rest
        for learned, held in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(
            counts, truth
        ):
            guesses[held] = _Classifier.of(counts[learned], truth[learned]).predict(counts[held])
        whole = _Classifier.of(counts, truth)
    except ValueError:  # there is nothing to go by
        return None
    auc = score(METRICS["auc"], truth[:, None], guesses)
    names = words.get_feature_names_out()[whole.kept]
    return _Told(auc, (len(first), len(second)), names, whole.model.coef_[0])


@dataclass(frozen=True, eq=False)
class _Classifier:
    """A logistic regression on words, of which the rows it learned from decide which and how.

    Attributes:
        kept: the columns of counts that it reads.
        weighing: by TF-IDF.
    """

    kept: NDArray[np.int64]
    weighing: "TfidfTransformer"
    model: "LogisticRegression"

    @classmethod
    def of(cls, counts: "csr_matrix", truth: Floats) -> "_Classifier":
        """The one that learned from (rows, words) counts; ValueError: no word is in two texts."""
        from sklearn.feature_extraction.text import TfidfTransformer
        from sklearn.linear_model import LogisticRegression

        frequent = np.flatnonzero(counts.getnnz(axis=0) >= FEWEST_TEXTS)
        totals = np.asarray(counts.sum(axis=0)).ravel()[frequent]
        kept = np.sort(frequent[np.argsort(-totals, kind="stable")[:FEATURES]])
        weighing = TfidfTransformer(sublinear_tf=True)
        model = LogisticRegression(max_iter=300, class_weight="balanced")
        model.fit(weighing.fit_transform(counts[:, kept]), truth)
        return cls(kept, weighing, model)

    def predict(self, counts: "csr_matrix") -> Floats:
        """(rows, 2) the probabilities of both files."""
        found = self.model.predict_proba(self.weighing.transform(counts[:, self.kept]))
        return np.asarray(found, dtype=np.float64)
