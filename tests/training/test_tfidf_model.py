import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from foldwise.competition.competition import Task
from foldwise.errors import DataError, StorageError
from foldwise.settings import Tfidf
from foldwise.training.tfidf_model import TfidfModel, fit_tfidf, load_tfidf, save_tfidf

PATTERN = r"(?u)\b\w+\b|[!?]+"
WORDS = ["good", "bad", "film", "story", "é", "slow", "fun", "a", "!", "??", "not", "child"]
STRANGE = ["", " ", "😀😀", "never seen", "a" * 10_000, "\x00", "GOOD FILM!", "one\ntwo\r\nthree"]
CHOSEN = Tfidf(words=(1, 2), characters=(2, 4), min_rows=2, penalty=0.5)


def texts_of(count: int, seed: int = 0) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, random.integers(2, 9))) for _ in range(count)]


TEXTS = texts_of(60)
NEW = [*texts_of(20, seed=1), *STRANGE]


def targets_of(task: Task, classes: int = 3) -> NDArray[np.float64]:
    random = np.random.default_rng(5)
    if task == "regression":
        return random.normal(size=(len(TEXTS), 1))
    return (np.arange(len(TEXTS)) % classes).astype(np.float64).reshape(-1, 1)


def features(chosen: Tfidf, texts: Sequence[str], new: Sequence[str]) -> tuple[Any, Any]:
    """The reference: scikit-learn's own vectorizers side by side."""
    common: dict[str, Any] = {"min_df": chosen.min_rows, "sublinear_tf": True}
    views = [
        TfidfVectorizer(ngram_range=chosen.words, token_pattern=PATTERN, **common),
        TfidfVectorizer(ngram_range=chosen.characters, analyzer="char_wb", **common),
    ]
    return (
        sparse.hstack([view.fit_transform(texts) for view in views]),
        sparse.hstack([view.transform(new) for view in views]),
    )


def fitted(task: Task, targets: NDArray[np.float64], outputs: int) -> TfidfModel:
    return fit_tfidf(CHOSEN, task, TEXTS, targets, outputs)


def test_a_regression_predicts_what_ridge_does() -> None:
    targets = targets_of("regression")
    train, new = features(CHOSEN, TEXTS, NEW)
    reference = Ridge(alpha=0.5, solver="lsqr").fit(train, targets[:, 0]).predict(new)
    found = fitted("regression", targets, 1).predict(NEW)
    assert found.shape == (len(NEW), 1)
    np.testing.assert_allclose(found[:, 0], reference, rtol=1e-10, atol=1e-12)


def test_several_targets_are_predicted_side_by_side() -> None:
    targets = np.hstack([targets_of("regression"), -3 * targets_of("regression") + 1])
    found = fitted("regression", targets, 2).predict(NEW)
    assert found.shape == (len(NEW), 2)
    np.testing.assert_allclose(found[:, 1], -3 * found[:, 0] + 1, atol=1e-3)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_probabilities_are_those_of_scikit_learn(classes: int) -> None:
    targets = targets_of("classification", classes)
    train, new = features(CHOSEN, TEXTS, NEW)
    reference = LogisticRegression(C=2.0, max_iter=1000).fit(train, targets[:, 0])
    found = fitted("classification", targets, classes).predict(NEW)
    np.testing.assert_allclose(found, reference.predict_proba(new), rtol=1e-9)


@pytest.mark.parametrize(
    ("present", "outputs"), [([0, 2], 3), ([1, 3, 4], 5), ([1, 2], 4), ([0, 1], 3)]
)
def test_a_class_that_was_hidden_has_probability_zero(present: list[int], outputs: int) -> None:
    targets = np.array(present, dtype=np.float64)[np.arange(len(TEXTS)) % len(present)]
    train, new = features(CHOSEN, TEXTS, NEW)
    reference = LogisticRegression(C=2.0, max_iter=1000).fit(train, targets)
    found = fitted("classification", targets.reshape(-1, 1), outputs).predict(NEW)
    np.testing.assert_allclose(found[:, present], reference.predict_proba(new), rtol=1e-9)
    hidden = sorted(set(range(outputs)) - set(present))
    assert (found[:, hidden] == 0).all()


def test_a_single_class_is_certain() -> None:
    targets = np.full((len(TEXTS), 1), 1.0)
    found = fitted("classification", targets, 3).predict(NEW)
    assert (found == [0, 1, 0]).all()


CASES: list[tuple[Task, NDArray[np.float64], int]] = [
    ("regression", targets_of("regression"), 1),
    ("classification", targets_of("classification", 3), 3),
    ("classification", targets_of("classification", 2), 2),
    ("classification", 2 * targets_of("classification", 2), 4),
]


@pytest.mark.parametrize(("task", "targets", "outputs"), CASES)
def test_a_saved_model_predicts_the_same_to_the_last_bit(
    tmp_path: Path, task: Task, targets: NDArray[np.float64], outputs: int
) -> None:
    model = fitted(task, targets, outputs)
    save_tfidf(model, tmp_path)
    loaded = load_tfidf(tmp_path, CHOSEN, task)
    assert loaded.predict(NEW).tobytes() == model.predict(NEW).tobytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "tfidf.safetensors",
        "vocabulary.json",
    ]


def test_any_text_gets_a_finite_prediction_of_its_own() -> None:
    model = fitted("classification", targets_of("classification"), 3)
    together = model.predict(STRANGE)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(together.sum(axis=1), 1)
    # a text's neighbours do not matter
    alone = np.concatenate([model.predict([text]) for text in STRANGE])
    np.testing.assert_array_equal(alone, together)


def test_no_texts_have_no_predictions() -> None:
    assert fitted("regression", targets_of("regression"), 1).predict([]).shape == (0, 1)


def test_texts_without_words_are_told_apart_by_their_characters(tmp_path: Path) -> None:
    texts = ["😀😀", "😀😀😀", "😡😡", "😡😡😡"] * 3
    targets = np.array([[1.0], [1.0], [0.0], [0.0]] * 3)
    model = fit_tfidf(CHOSEN, "classification", texts, targets, 2)
    assert list(model.views) == ["characters"]
    assert (model.predict(texts).argmax(axis=1) == targets[:, 0]).all()
    save_tfidf(model, tmp_path)
    loaded = load_tfidf(tmp_path, CHOSEN, "classification")
    assert loaded.predict(NEW).tobytes() == model.predict(NEW).tobytes()


@pytest.mark.parametrize(
    ("texts", "min_rows"), [(["", " "], 1), (["abc", "xyz"], 2), (["abc", "abd"], 3)]
)
def test_texts_that_share_nothing_are_refused_with_what_to_do(
    texts: list[str], min_rows: int
) -> None:
    with pytest.raises(DataError, match=r"lower tfidf\.min_rows, or take more rows"):
        fit_tfidf(Tfidf(min_rows=min_rows), "regression", texts, np.zeros((2, 1)), 1)


class Bomb:
    """Touches a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("name", ["tfidf.safetensors", "vocabulary.json"])
def test_a_pickle_in_place_of_a_file_is_refused_and_does_nothing(tmp_path: Path, name: str) -> None:
    model = tmp_path / "model"
    model.mkdir()
    save_tfidf(fitted("regression", targets_of("regression"), 1), model)
    (model / name).write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    with pytest.raises(StorageError, match=name):
        load_tfidf(model, CHOSEN, "regression")
    assert not (tmp_path / "exploded").exists()
