"""A fitted blend as plain data: what `ensemble.json` holds, and how it is applied."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.adjusting.deciding import cut, reweighted
from foldwise.ensembling.adjusting.temperature import tempered
from foldwise.ensembling.spaces import (
    Space,
    as_probabilities,
    from_ranks,
    logarithms,
    softmax,
    to_ranks,
)

Floats = NDArray[np.float64]
TOLERANCE = 1e-9  # of a sum of weights


@dataclass(frozen=True)
class Formula:
    """How members' predictions become one: an intercept and a weighted sum, and what follows.

    Attributes:
        space: what is added up: predictions as they are ("plain"), logarithms of probabilities
            ("logit", the logarithmic opinion pool), or ranks ("rank").
        weights: for each member, one number an output.
        intercept: one number an output.
        probabilities: whether the outputs of a row are probabilities.
        quantiles: of the space "rank": for each member and output, its distribution at equal steps.
        temperature: what logarithms of probabilities are divided by, in the end.
        factors: thresholds: one a label; probabilities are multiplied by them.
        cut_points: between ordered labels, in positions from 0; decide by the expected position.
    """

    space: Space
    weights: list[list[float]]
    intercept: list[float]
    probabilities: bool
    quantiles: list[list[list[float]]] = field(default_factory=list)
    temperature: float | None = None
    factors: list[float] = field(default_factory=list)
    cut_points: list[float] = field(default_factory=list)

    def shares(self) -> list[float]:
        """One number a member: the mean of its weights over the outputs."""
        return [sum(row) / len(row) for row in self.weights]

    def apply(self, members: Floats | Sequence[Floats]) -> Floats:
        """(rows, outputs) the blend of (members, rows, outputs), or of one (rows, outputs) each."""
        return self.adjusted(self.blended(members))

    def blended(self, members: Floats | Sequence[Floats]) -> Floats:
        """(rows, outputs) the blend before temperature and decisions."""
        shape = (len(members), *members[0].shape)
        if shape[0] != len(self.weights) or shape[2] != len(self.intercept):
            raise ValueError(
                f"a formula of {len(self.weights)} members and {len(self.intercept)} outputs, "
                f"got (members, rows, outputs) = {shape}"
            )
        if self.space == "rank":
            return self._by_rank(members)
        total = np.zeros(shape[1:]) + np.array(self.intercept)
        # one member after the other, not a matrix product: the same digits on every machine
        for weights, member in zip(self.weights, members, strict=True):
            if not any(weights):
                continue
            total += np.array(weights) * (logarithms(member) if self.space == "logit" else member)
        if self.space == "logit":
            return softmax(total)
        return as_probabilities(total) if self.probabilities and not self._is_mean() else total

    def adjusted(self, blended: Floats) -> Floats:
        """(rows, outputs) the blend after temperature and decisions."""
        if self.temperature is not None:
            blended = tempered(blended, self.temperature)
        if self.factors:
            blended = reweighted(blended, np.array(self.factors))
        return cut(blended, np.array(self.cut_points)) if self.cut_points else blended

    def _is_mean(self) -> bool:
        """Whether rows sum to 1 already: a weighted mean, with weights alike for all labels."""
        first = [row[0] for row in self.weights]
        alike = all(value == row[0] for row in self.weights for value in row)
        return (
            alike
            and min(first) >= 0
            and abs(sum(first) - 1) < TOLERANCE
            and not any(self.intercept)
        )

    def _by_rank(self, members: Floats | Sequence[Floats]) -> Floats:
        """The value at the mean rank, of the mean distribution; of two labels, the second's."""
        columns = [1] if self.probabilities else range(len(self.intercept))
        found = []
        for column in columns:
            shares = [row[column] for row in self.weights]
            tables = [np.array(table[column]) for table in self.quantiles]
            rank = sum(
                share * to_ranks(member[:, column], table)
                for share, member, table in zip(shares, members, tables, strict=True)
            )
            middle = sum(share * table for share, table in zip(shares, tables, strict=True))
            found.append(from_ranks(np.asarray(rank), np.asarray(middle)))
        if self.probabilities:
            return np.column_stack([1 - found[0], found[0]])
        return np.column_stack(found)


def linear(
    weights: Floats, outputs: int, *, space: Space = "plain", probabilities: bool
) -> Formula:
    """A formula of weights alone: (members,) alike for all outputs, or (members, outputs)."""
    table = np.broadcast_to(weights.reshape(len(weights), -1), (len(weights), outputs))
    return Formula(space, table.tolist(), [0.0] * outputs, probabilities)
