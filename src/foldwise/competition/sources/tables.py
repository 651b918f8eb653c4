"""Columns of strings, and the CSV they become: the same bytes on every machine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from foldwise.errors import DataError, did_you_mean

NEEDS_QUOTES = frozenset(',"\r\n')


@dataclass(frozen=True)
class Table:
    """Rows of strings under named columns; every row has one entry a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> tuple[str, ...]:
        """The entries of one column.

        Raises:
            DataError: there is no such column.
        """
        position = self._position(name)
        return tuple(row[position] for row in self.rows)

    def select(self, names: Sequence[str]) -> "Table":
        """The table with these columns only, in this order."""
        positions = [self._position(name) for name in names]
        return Table(tuple(names), tuple(tuple(row[p] for p in positions) for row in self.rows))

    def where(self, wanted: Iterable[bool]) -> "Table":
        """The rows for which `wanted`, one flag a row, is true."""
        pairs = zip(self.rows, wanted, strict=True)
        return Table(self.columns, tuple(row for row, keep in pairs if keep))

    def _position(self, name: str) -> int:
        if name not in self.columns:
            raise DataError(f"no column {name!r}; {did_you_mean(name, self.columns)}")
        return self.columns.index(name)


def csv_bytes(table: Table) -> bytes:
    """The table as CSV: UTF-8, lines end in a newline, quotes where they are needed.

    Written here, because the standard library's writer quotes a lone carriage return from Python
    3.13 on only, and files of different Pythons must be equal.
    """
    lines = (",".join(map(_quoted, row)) for row in (table.columns, *table.rows))
    return ("\n".join(lines) + "\n").encode("utf-8")


def _quoted(entry: str) -> str:
    if NEEDS_QUOTES.isdisjoint(entry):
        return entry
    return '"' + entry.replace('"', '""') + '"'
