"""Whether test texts are of another kind than training texts: can a model tell them apart?

Adversarial validation: words and pairs of words, weighed by TF-IDF, a logistic regression on them,
and its AUC on rows that it did not learn from. 0.5: it cannot. The words that it goes by say what
differs. Only words are looked at: a difference of another kind is not seen.
"""

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
WORD = r"(?u)\b\w+\b"  # also of one letter


@dataclass(frozen=True)
class Drift:
    """How well test texts are told from training texts.

    Attributes:
        auc: with its standard error, out of fold.
        rows: of training and of test rows that were compared.
        of_train, of_test: the words that speak most for either.
    """

    auc: Score
    rows: tuple[int, int]
    of_train: Sequence[str]
    of_test: Sequence[str]

    @property
    def is_noise(self) -> bool:
        """Whether it is above 0.5 by less than two standard errors: then no difference is seen."""
        return self.auc.value - 0.5 <= 2 * (self.auc.standard_error or 0.0)


def drift(train: Rows, test: Rows) -> Drift | None:
    """How well the texts of two files are told apart; None where one has fewer than fifty rows.

    Texts that stand in both files are left in: they make the files alike.
    """
    if min(len(train), len(test)) < FEWEST_ROWS:
        return None
    first, second = (_drawn(rows) for rows in (train, test))
    texts = [*first, *second]
    truth = np.repeat([0.0, 1.0], [len(first), len(second)])
    return _told_apart(texts, truth)


def _drawn(rows: Rows) -> list[str]:
    """Texts of up to `MOST_ROWS` rows; those of a pair in one string."""
    chosen = np.arange(len(rows))
    if len(rows) > MOST_ROWS:
        chosen = np.random.default_rng(SEED).choice(len(rows), MOST_ROWS, replace=False)
    return [" ".join(rows.texts[i]) for i in chosen]


def _told_apart(texts: Sequence[str], truth: Floats) -> Drift | None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(
        ngram_range=(1, 2), min_df=2, max_features=FEATURES, sublinear_tf=True,
        token_pattern=WORD,
    )  # fmt: skip
    model = make_pipeline(words, LogisticRegression(max_iter=300, class_weight="balanced"))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    try:
        guesses = cross_val_predict(model, texts, truth, cv=folds, method="predict_proba")
        model.fit(texts, truth)
    except ValueError:  # no word stands in two texts: there is nothing to go by
        return None
    auc = score(METRICS["auc"], truth[:, None], np.asarray(guesses))
    names, order = words.get_feature_names_out(), np.argsort(model[-1].coef_[0])
    return Drift(
        auc=auc,
        rows=(int((truth == 0).sum()), int((truth == 1).sum())),
        of_train=[str(names[i]) for i in order[:WORDS]],
        of_test=[str(names[i]) for i in order[::-1][:WORDS]],
    )
