"""Columns of a table, and how they find room: where headers, words and figures may be broken."""

import re
from collections.abc import Sequence
from typing import NamedTuple

GAP = 2  # blanks between columns
NARROWEST = 16  # of a column of words: only what has no place to break is cut in the middle of it
# a name is broken behind its signs, and figures between numbers: tfidf-/letters, 1e-05 to/2e-05
IN_WORDS = re.compile(r"(?<=[-_.~/=])(?=[^\W\d_])|(?<=\s)(?=\S)")
NOWHERE = re.compile(r"(?!)")
IN_FIGURES = re.compile(r"(?<=, )|(?<= to )|(?<=\d )(?=[+-])")


class Column(NamedTuple):
    """One column: its header, its cells, and where both may be broken."""

    head: str
    cells: list[str]
    breaks: re.Pattern[str]

    @property
    def is_words(self) -> bool:
        """Whether it stands to the left."""
        return self.breaks is IN_WORDS

    @property
    def whole(self) -> int:
        """Its width where nothing is broken."""
        return max(map(_longest_line, [self.head, *self.cells]))

    @property
    def least(self) -> int:
        """Its width where all is broken that may be."""
        own = _longest_piece(self.cells, self.breaks)
        least = max(_longest_piece([self.head], IN_WORDS), own)
        return min(least, NARROWEST) if self.is_words else least


def tables_of(columns: Sequence[Column], room: int) -> list[list[Column]]:
    """The columns of one table as wide as `room`, or of several, below each other; none of none.

    Headers and words are broken, then the figures of the one column that this makes narrowest. What
    still has no room follows in another table, with its words in front again.
    """
    if not columns:
        return []
    for found in (list(columns), _with_figures_broken(columns)):
        if _fits(found, room):
            return [found]
    figures = [i for i, column in enumerate(columns) if not column.is_words]
    labels = list(columns[: max(1, min(figures, default=1))])
    first = labels
    for i in range(len(labels), len(columns)):
        if len(first) > len(labels) and not _fits([*first, columns[i]], room):
            return [first, *tables_of([*labels, *columns[i:]], room)]
        first = [*first, columns[i]]
    return [first]


def _with_figures_broken(columns: Sequence[Column]) -> list[Column]:
    """The columns, of which the one of figures may be broken that this makes narrowest."""
    others = [c if c.is_words else c._replace(breaks=IN_FIGURES) for c in columns]
    saved = [c.least - other.least for c, other in zip(columns, others, strict=True)]
    i = saved.index(max(saved))
    return [*columns[:i], others[i], *columns[i + 1 :]]


def _fits(columns: Sequence[Column], room: int) -> bool:
    return sum(column.least + GAP for column in columns) - GAP <= room


def widths_of(columns: Sequence[Column], room: int) -> list[int]:
    """Each column's, narrowed until all have room.

    Headers of figures are broken first, then words, the widest column first; what has no place to
    break is cut in the end.
    """
    # figures that are broken at all need no more than that
    widths = [c.least if c.breaks is IN_FIGURES else c.whole for c in columns]
    least = [column.least for column in columns]
    of_figures = [w if c.is_words else c.least for w, c in zip(widths, columns, strict=True)]
    free = room - GAP * (len(columns) - 1)
    for floor in (of_figures, least, [1] * len(columns)):
        widths = _narrowed(widths, floor, free)
    return widths


def _narrowed(widths: Sequence[int], floor: Sequence[int], free: int) -> list[int]:
    """The widths, of which the widest are narrowed until all are `free` together, or at `floor`."""
    found = list(widths)
    while sum(found) > free:
        spare = [w if w > least else 0 for w, least in zip(found, floor, strict=True)]
        if not any(spare):
            break
        found[spare.index(max(spare))] -= 1
    return found


def broken(text: str, width: int, breaks: re.Pattern[str]) -> str:
    """The text in lines of this width; a piece that is longer stays whole."""
    from rich.cells import cell_len

    lines = []
    for line in text.split("\n"):
        pieces = breaks.split(line)
        so_far = pieces[0]
        for piece in pieces[1:]:
            if cell_len(f"{so_far}{piece}".rstrip()) > width:
                lines.append(so_far.rstrip())
                so_far = piece
            else:
                so_far += piece
        lines.append(so_far)
    return "\n".join(lines)


def _longest_piece(texts: Sequence[str], breaks: re.Pattern[str]) -> int:
    """Characters of the longest part of these texts that stays on one line."""
    pieces = (piece.rstrip() for text in texts for piece in breaks.split(text))
    return max(map(_longest_line, pieces), default=0)


def _longest_line(text: str) -> int:
    from rich.cells import cell_len  # some characters take two cells

    return max(map(cell_len, text.split("\n")))
