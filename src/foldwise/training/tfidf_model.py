"""TF-IDF of words and characters with a linear model, saved without pickle.

The sublinear weights and the ridge or logistic regression on top are the classical baseline of text
classification: https://aclanthology.org/P12-2018/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from foldwise import settings
from foldwise.competition.competition import Task
from foldwise.errors import DataError, StorageError, counted
from foldwise.storage import read_json, write_atomically, write_json
from foldwise.training.fold_result import train_again

WEIGHTS_FILE, VOCABULARY_FILE = "tfidf.safetensors", "vocabulary.json"
MODEL_FILES = (WEIGHTS_FILE, VOCABULARY_FILE)
VIEWS = ("words", "characters")
WORD = r"(?u)\b\w+\b|[!?]+"  # one-letter words and marks carry sentiment
MAX_ITERATIONS = 1000
NO_TERMS = ("empty vocabulary", "no terms remain", "max_df corresponds to")  # sklearn's words

Views = dict[str, TfidfVectorizer]


@dataclass(frozen=True, eq=False)
class TfidfModel:
    """A fitted model.

    Attributes:
        views: a vectorizer each; texts of emoji alone have no words, and then no such view.
        coefficients: (outputs, n-grams).
        intercepts: (outputs,).
    """

    task: Task
    views: Views
    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    def predict(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Values or probabilities, (texts, outputs)."""
        if not texts:
            return np.empty((0, len(self.intercepts)))
        features = _stacked([view.transform(texts) for view in self.views.values()])
        scores = np.asarray(features @ self.coefficients.T) + self.intercepts
        if self.task == "regression":
            return scores
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_tfidf(
    chosen: settings.Tfidf,
    task: Task,
    texts: Sequence[str],
    targets: NDArray[np.float64],
    outputs: int,
) -> TfidfModel:
    """The model fitted to `texts` and `targets` (texts, targets); classes are 0 .. outputs - 1.

    Raises:
        DataError: no n-gram stands in as many texts as `chosen` wants.
    """
    views, features = _fitted(chosen, texts)
    if task == "regression":
        ridge = Ridge(alpha=chosen.penalty, solver="lsqr").fit(features, targets)
        coefficients = np.atleast_2d(ridge.coef_)
        intercepts = np.atleast_1d(ridge.intercept_)
    else:
        coefficients, intercepts = _logistic(features, targets[:, 0], outputs, chosen.penalty)
    return TfidfModel(task, views, coefficients, intercepts)


def _fitted(chosen: settings.Tfidf, texts: Sequence[str]) -> tuple[Views, sparse.csr_matrix]:
    """The views that have n-grams, and the features (texts, n-grams) of all of them."""
    views: Views = {}
    blocks = []
    for name, view in _vectorizers(chosen).items():
        try:
            blocks.append(view.fit_transform(texts))
        except ValueError as error:
            if not any(words in str(error) for words in NO_TERMS):
                raise
        else:
            views[name] = view
    if not views:
        raise DataError(
            f"TF-IDF needs n-grams that stand in {counted(chosen.min_rows, 'text')} or more, and "
            f"{counted(len(texts), 'training text has', 'training texts have')} none; lower "
            f"tfidf.min_rows, or take more rows"
        )
    return views, _stacked(blocks)


def _stacked(blocks: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
    """The features of all views, (texts, n-grams)."""
    return sparse.hstack(blocks).tocsr()


def _vectorizers(chosen: settings.Tfidf) -> Views:
    common: dict[str, Any] = {"min_df": chosen.min_rows, "sublinear_tf": True, "dtype": np.float64}
    words = TfidfVectorizer(ngram_range=chosen.words, token_pattern=WORD, **common)
    characters = TfidfVectorizer(ngram_range=chosen.characters, analyzer="char_wb", **common)
    return dict(zip(VIEWS, (words, characters), strict=True))


def _logistic(
    features: sparse.csr_matrix, labels: NDArray[np.float64], outputs: int, penalty: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients (outputs, n-grams) and intercepts; an absent class is never predicted."""
    coefficients = np.zeros((outputs, features.shape[1]))
    intercepts = np.full(outputs, -np.inf)
    present = np.unique(labels).astype(np.int64)
    if len(present) == 1:  # nothing to tell apart
        intercepts[present] = 0.0
        return coefficients, intercepts
    fitted = LogisticRegression(C=1 / penalty, max_iter=MAX_ITERATIONS).fit(features, labels)
    if len(present) == 2:  # one row of scores, for the second class against the first
        coefficients[present[1]], intercepts[present] = fitted.coef_[0], [0, fitted.intercept_[0]]
    else:
        coefficients[present], intercepts[present] = fitted.coef_, fitted.intercept_
    return coefficients, intercepts


def save_tfidf(model: TfidfModel, folder: Path) -> None:
    """Write the weights as safetensors and the n-grams as JSON."""
    arrays = {"coefficients": model.coefficients, "intercepts": model.intercepts}
    vocabulary: dict[str, list[str]] = {}
    for name, view in model.views.items():
        arrays[f"idf.{name}"] = view.idf_
        vocabulary[name] = view.get_feature_names_out().tolist()
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    needed = sum(array.nbytes for array in contiguous.values())
    write_atomically(folder / WEIGHTS_FILE, lambda path: save_file(contiguous, path), needed)
    write_json(folder / VOCABULARY_FILE, vocabulary)


def load_tfidf(folder: Path, chosen: settings.Tfidf, task: Task) -> TfidfModel:
    """The model that `save_tfidf` wrote.

    Raises:
        StorageError: a file is damaged, or holds something else, such as a pickle.
    """
    arrays = _arrays(folder / WEIGHTS_FILE)
    vocabulary = read_json(folder / VOCABULARY_FILE)
    views = {name: view for name, view in _vectorizers(chosen).items() if name in vocabulary}
    for name, view in views.items():
        view.vocabulary = {term: i for i, term in enumerate(vocabulary[name])}
        view.idf_ = arrays[f"idf.{name}"]
    return TfidfModel(task, views, arrays["coefficients"], arrays["intercepts"])


def _arrays(path: Path) -> dict[str, NDArray[np.float64]]:
    try:
        return dict(load_file(path))
    except SafetensorError as error:
        raise StorageError(
            f"{path} is no safetensors file ({error}); nothing in it was run; "
            f"{train_again(path.parent)}"
        ) from None


def joined(texts: Sequence[tuple[str, ...]]) -> list[str]:
    """One string a text; the two of a pair one after the other."""
    return ["\n".join(parts) for parts in texts]
