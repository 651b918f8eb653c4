"""The rows all contestants learn from: a competition's, or random ids of the same lengths."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from speed.random_rows import SPECIAL, random_ids
from speed.task import Rows

from foldwise.encoders import is_here, resolve_encoder
from foldwise.errors import UsageError
from foldwise.paths import Project
from foldwise.settings import Encoder, Settings
from foldwise.training.corpus import Corpus, load_corpus

FOLD = 0  # whose rows are predicted; the other folds' rows are learned from
WORDS = re.compile(r"\w+|[^\w\s]")


def chosen_rows(project: Project, competition: str, count: int) -> tuple[Rows, Rows]:
    """The training rows, `count` of them or all for 0, and the validation rows.

    Raises:
        DataError: data or folds are missing or wrong.
        UsageError: the competition is no regression of one target from one text.
    """
    corpus = load_corpus(project, Settings(competition=competition))
    loaded = corpus.loaded
    if loaded.competition.task != "regression" or len(loaded.outputs) != 1:
        raise UsageError(
            f"the benchmark needs a regression of one target, but {competition} is a "
            f"{loaded.competition.task} of {len(loaded.outputs)} outputs; try movie-valence"
        )
    learned = corpus.training_positions(FOLD)
    if 0 < count < len(learned):
        learned = np.sort(np.random.default_rng(0).choice(learned, count, replace=False))
    return _taken(corpus, learned), _taken(corpus, corpus.validation_positions(FOLD))


def _taken(corpus: Corpus, positions: NDArray[np.int64]) -> Rows:
    texts = [corpus.loaded.train.texts[i] for i in positions]
    if any(len(text) != 1 for text in texts):
        raise UsageError("the benchmark needs one text a row, got pairs; try movie-valence")
    return Rows([text[0] for text in texts], None, corpus.targets()[positions, 0].tolist())


def as_random_ids(rows: Rows, vocabulary: int, max_length: int, stretch: float) -> Rows:
    """Rows of random ids, as long as those of `rows` times `stretch`; the targets stay."""
    random = np.random.default_rng(0)
    words = [round((length - SPECIAL) * stretch) for length in _lengths_of(rows)]
    ids = [random_ids(random, count, vocabulary, max_length) for count in words]
    return Rows([], ids, rows.targets)


def tokenizer_of_lengths() -> str:
    """What lengths are counted with, in words."""
    name = Encoder().name
    return f"{name}'s tokenizer" if is_here(name) else "words and punctuation marks"


def _lengths_of(rows: Rows) -> list[int]:
    return _lengths(rows.texts) if rows.ids is None else [len(ids) for ids in rows.ids]


def _lengths(texts: Sequence[str]) -> list[int]:
    """Tokens a text: by the usual encoder's tokenizer if it is on this machine, else by words."""
    if not is_here(Encoder().name):
        return [len(WORDS.findall(text)) + SPECIAL for text in texts]
    from foldwise.tokenization.tokenizer import load_tokenizer
    from foldwise.tokenization.tokens import tokenize

    tokenizer = load_tokenizer(resolve_encoder(Encoder().name), 512)
    tokens = tokenize(tokenizer, [(text,) for text in texts], cache=None)
    return [int(length) for length in tokens.lengths]
