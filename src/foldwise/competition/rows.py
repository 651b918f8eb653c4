"""The rows of a competition in memory: texts and ids exactly as in the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foldwise.storage import sha256_of_stream


@dataclass(frozen=True, eq=False)
class Rows:
    """Training or test rows of one competition; every field has one entry a row.

    Attributes:
        ids: unique strings.
        texts: one tuple a row: `(text,)`, or `(first, second)` for a sentence pair.
        targets: (rows, targets) float64; in classification the index of the label in
            `Competition.labels`; None for test rows.
        target_sd: (rows,) float64, the rater noise of the target, where the competition has it.
        groups: rows with equal strings must share a fold, where the competition has groups.
        lines: (rows,) the line of the file each row begins on, for messages.
    """

    ids: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    lines: NDArray[np.int64]
    targets: NDArray[np.float64] | None = None
    target_sd: NDArray[np.float64] | None = None
    groups: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, positions: Sequence[int] | NDArray[np.int64]) -> "Rows":
        """The rows at `positions`, in that order."""
        at = np.asarray(positions, dtype=np.int64)
        return replace(
            self,
            ids=tuple(self.ids[i] for i in at),
            texts=tuple(self.texts[i] for i in at),
            lines=self.lines[at],
            targets=None if self.targets is None else self.targets[at],
            target_sd=None if self.target_sd is None else self.target_sd[at],
            groups=None if self.groups is None else tuple(self.groups[i] for i in at),
        )

    def fingerprint(self) -> str:
        """A SHA-256 of ids, texts, targets, noise and groups that ignores the order of the rows."""
        return sha256_of_stream(self._parts())

    def _parts(self) -> Iterator[str]:
        """What the fingerprint is of: row by row, in the order of ids."""
        for i in sorted(range(len(self)), key=self.ids.__getitem__):
            yield from (self.ids[i], str(len(self.texts[i])), *self.texts[i])
            if self.targets is not None:
                yield from (value.hex() for value in self.targets[i].tolist())
            if self.target_sd is not None:
                yield float(self.target_sd[i]).hex()
            if self.groups is not None:
                yield self.groups[i]
