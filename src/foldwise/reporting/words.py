"""How long texts are, in words."""

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.rows import Rows


def words_of(rows: Rows) -> NDArray[np.float64]:
    """(rows,) words between white space; those of a pair are counted together."""
    counts = [sum(len(part.split()) for part in text) for text in rows.texts]
    return np.array(counts, dtype=np.float64)
