"""What words add to a linear model's scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.competition.competition import Task
from foldwise.settings import Tfidf
from foldwise.training.tfidf_model import TfidfModel, fit_tfidf
from foldwise.training.tfidf_words import spaced_words, word_contributions

TEXTS = ["a good film!", "a bad film", "good good fun", "not a bad story", "GOOD story", "so bad?"]
CHOSEN = Tfidf(words=(1, 2), characters=(2, 4), min_rows=1, penalty=0.5)


def fitted(task: Task) -> TfidfModel:
    values = [1.0, -1.0, 2.0, 0.5, 1.0, -2.0] if task == "regression" else [0, 1, 2, 0, 2, 1]
    outputs = 1 if task == "regression" else 3
    return fit_tfidf(CHOSEN, task, TEXTS, np.array(values, float).reshape(-1, 1), outputs)


REGRESSION, CLASSES = fitted("regression"), fitted("classification")
PIECES = ["good", "Good!", "bad", "a", "film", "İ", "ΣΑΣ", "not-a", "\n", "\t ", "??", "zzz", "é"]


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.text(max_size=10))
def test_contributions_and_intercept_sum_to_the_prediction(pieces: list[str], wild: str) -> None:
    text = " ".join([*pieces, wild])
    added = word_contributions(REGRESSION, text)
    assert added.shape == (len(spaced_words(text)), 1)
    total = added.sum(axis=0) + REGRESSION.intercepts
    np.testing.assert_allclose(total, REGRESSION.predict([text])[0], atol=1e-12)


def test_those_of_classes_sum_to_what_probabilities_are_made_of() -> None:
    text = "a good film, not bad"
    scores = word_contributions(CLASSES, text).sum(axis=0) + CLASSES.intercepts
    powers = np.exp(scores)
    np.testing.assert_allclose(powers / powers.sum(), CLASSES.predict([text])[0])


def test_a_word_that_was_never_seen_adds_nothing() -> None:
    added = word_contributions(REGRESSION, "good qqqqq")[:, 0]
    assert added[0] > 0
    assert added[1] == pytest.approx(0)


def test_a_pair_of_words_is_shared_between_them() -> None:
    only_pairs = Tfidf(words=(2, 2), characters=(5, 5), min_rows=2)
    texts = ["big cat", "big cat", "low dog", "low dog"]
    targets = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    model = fit_tfidf(only_pairs, "regression", texts, targets, 1)
    added = word_contributions(model, "big cat")[:, 0]
    assert added[0] == pytest.approx(added[1])
    assert added[0] > 0


def test_words_stand_between_white_space() -> None:
    assert spaced_words(" a\u00a0b\n c!") == ((1, 2), (3, 4), (6, 8))
