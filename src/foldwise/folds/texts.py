"""When two texts count as the same: exactly, or but for case, white space and punctuation."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Text = tuple[str, ...]
PAIR_MARK = " \x1f "  # stands between the two texts of a sentence pair, as a word of its own


def exact_key(text: Text) -> Text:
    """The text with every line end written as one newline: the same file from another system."""
    if not any("\r" in part for part in text):
        return text
    return tuple(part.replace("\r\n", "\n").replace("\r", "\n") for part in text)


def folded_key(text: Text) -> str:
    """The text's words in lower case, without punctuation, one blank between them.

    Compatible letters count as one (NFKC, https://unicode.org/reports/tr15/). Symbols such as
    emoji are kept. A text of nothing but punctuation stands for itself: "?" and "!" differ.
    """
    return PAIR_MARK.join([_folded(part) for part in text])


def _folded(part: str) -> str:
    plain = part if part.isascii() else unicodedata.normalize("NFKC", part)
    words = _punctuation().sub(" ", plain.casefold()).split()
    return " ".join(words or plain.split())


@cache
def _punctuation() -> re.Pattern[str]:
    """Matches runs of what Unicode calls punctuation, and of ASCII symbols such as ` and $."""
    plane = map(chr, range(0x10000))  # the few punctuation marks above are of dead scripts
    marks = [c for c in plane if unicodedata.category(c)[0] == "P" or (c < "\x7f" and _symbol(c))]
    return re.compile("[" + re.escape("".join(marks)) + "]+")


def _symbol(character: str) -> bool:
    return unicodedata.category(character)[0] == "S"


def word_counts(texts: Sequence[Text]) -> NDArray[np.int64]:
    """(texts,) how many words, separated by white space, each text has; pairs are added up."""
    counts = [sum([len(part.split()) for part in text]) for text in texts]
    return np.array(counts, dtype=np.int64)


def numbered(keys: Sequence[Hashable]) -> NDArray[np.int64]:
    """(keys,) a number for each key: equal for equal keys, counted from 0 as they appear."""
    number_of: defaultdict[Hashable, int] = defaultdict()
    number_of.default_factory = number_of.__len__
    return np.fromiter(map(number_of.__getitem__, keys), dtype=np.int64, count=len(keys))
