"""Cut points between ordered labels, for metrics of labels such as QWK."""

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.adjusting.deciding import expected_position
from foldwise.ensembling.confusion import BY_METRIC

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
PLACES = 200  # where a cut may be: finer ones would fit the noise of single rows
PASSES = 20  # over all cuts, at most


def fit_cut_points(probabilities: Floats, truth: Indices, metric: str) -> list[float]:
    """The labels' cut points, ascending, of the best score by coordinate ascent.

    It begins with the middles between positions and with what gives each label as many rows as it
    has, and keeps the better end. A cut moves only for a better score.
    """
    position = expected_position(probabilities)
    labels = probabilities.shape[1]
    middles = np.arange(labels - 1) + 0.5
    shares = np.cumsum(np.bincount(truth, minlength=labels))[:-1] / len(truth)
    spread = np.quantile(position, np.linspace(0, 1, PLACES + 1)[1:-1])
    places = np.unique(np.concatenate([spread, middles]))
    search = _Search(places, position, truth, labels, metric)
    starts = [
        np.searchsorted(places, middles),
        np.searchsorted(places, np.quantile(position, shares)).clip(max=len(places) - 1),
    ]
    best = max((search.climbed(start) for start in starts), key=search.score)
    return [float(value) for value in places[best]]


class _Search:
    """Scores of cuts at given places, from the counts of rows between neighbouring places."""

    def __init__(
        self, places: Floats, position: Floats, truth: Indices, labels: int, metric: str
    ) -> None:
        self._metric = BY_METRIC[metric]
        between = np.searchsorted(places, position, side="right")
        counts = np.bincount(
            between * labels + truth, minlength=(len(places) + 1) * labels
        ).reshape(-1, labels)
        # (places + 2, labels) rows of each true label below each place
        self._below = np.vstack([np.zeros(labels), np.cumsum(counts, axis=0)])
        self._places = len(places)

    def score(self, cuts: Indices) -> float:
        """The score of cuts (labels - 1,), as indices of places; undefined: the worst."""
        return float(self._scores(cuts[None])[0])

    def climbed(self, cuts: Indices) -> Indices:
        """The cuts after moving one after the other to its best place, until none moves."""
        cuts = np.maximum.accumulate(cuts)
        for _ in range(PASSES):
            before = cuts.copy()
            for i in range(len(cuts)):
                cuts = self._moved(cuts, i)
            if np.array_equal(before, cuts):
                break
        return cuts

    def _moved(self, cuts: Indices, i: int) -> Indices:
        low = cuts[i - 1] if i else 0
        high = cuts[i + 1] if i + 1 < len(cuts) else self._places - 1
        tried = np.repeat(cuts[None], high - low + 1, axis=0)
        tried[:, i] = np.arange(low, high + 1)
        scores = self._scores(tried)
        best = int(scores.argmax())
        return tried[best] if scores[best] > scores[cuts[i] - low] else cuts

    def _scores(self, cuts: Indices) -> Floats:
        edges = self._below[np.pad(cuts + 1, ((0, 0), (1, 0)))]  # (tries, labels, labels)
        last = np.broadcast_to(self._below[-1], (len(cuts), 1, self._below.shape[1]))
        guessed = np.diff(np.concatenate([edges, last], axis=1), axis=1)
        scores = self._metric(guessed.swapaxes(1, 2))
        return np.where(np.isnan(scores), -np.inf, scores)
