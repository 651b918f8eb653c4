"""What each word of a text adds to what a TF-IDF model predicts from it."""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from foldwise.training.tfidf_model import TfidfModel

FloatArray = NDArray[np.float64]
Span = tuple[int, int]
Share = tuple[int, float]  # of a word, by its number

SPACED = re.compile(r"\S+")  # what stands between white space: no n-gram of characters goes past it


def spaced_words(text: str) -> tuple[Span, ...]:
    """Start and end of each word between white space, in characters, with the marks on it."""
    return tuple(match.span() for match in SPACED.finditer(text))


def word_contributions(model: TfidfModel, text: str) -> FloatArray:
    """(words, outputs) what the words of `spaced_words` add to the model's scores.

    The model is linear, so they and the intercepts sum to its scores exactly: predicted values, or
    what probabilities are the softmax of. What an n-gram adds is divided equally among its places
    in the text, and at each among its words.
    """
    words = text.split()
    found = np.zeros((len(words), len(model.intercepts)))
    begin = 0
    for name, view in model.views.items():
        terms = view.vocabulary_
        features = view.transform([text]).toarray()[0]
        added = model.coefficients[:, begin : begin + len(terms)] * features
        begin += len(terms)
        places: dict[str, list[list[Share]]] = defaultdict(list)
        for term, shares in _places(name, view, words):
            if term in terms:
                places[term].append(shares)
        for term, all_shares in places.items():
            for word, share in (one for shares in all_shares for one in shares):
                found[word] += added[:, terms[term]] * share / len(all_shares)
    return found


def _places(
    name: str, view: TfidfVectorizer, words: list[str]
) -> Iterator[tuple[str, list[Share]]]:
    """Each n-gram at each of its places, with the words there and their shares of it."""
    if name == "characters":
        analyze = view.build_analyzer()
        for i, word in enumerate(words):
            yield from ((term, [(i, 1.0)]) for term in analyze(word))
        return
    prepare, tokenize = view.build_preprocessor(), view.build_tokenizer()
    tokens = [(token, i) for i, word in enumerate(words) for token in tokenize(prepare(word))]
    shortest, longest = view.ngram_range
    for n in range(shortest, longest + 1):
        for at in range(len(tokens) - n + 1):
            grams = tokens[at : at + n]
            yield " ".join(token for token, _ in grams), [(i, 1 / n) for _, i in grams]
