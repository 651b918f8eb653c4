"""Large tables without quotes, as runs write them, read by pandas several times as fast.

Only what reads the same line by line is read here: as many cells in every line, no quotes, and
numbers that pandas converts to the nearest double, as Python does. All else is left to the caller.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

ENOUGH_BYTES = 1 << 20  # of fewer, importing pandas takes longer than reading them line by line
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MARKS = (b'"', b"\r", b"\0")  # quotes and line ends are read in other ways; pandas stops at NUL
NO_SEPARATORS = bytes(set(range(256)) - set(b",\n"))


@dataclass(frozen=True, eq=False)
class PlainTable:
    """What the file says, not yet checked.

    Attributes:
        ids: as they stand, leading zeros and all.
        outputs: the header without `id` and `fold`.
        values: (ids, outputs).
        folds: (ids,), or None where there is no such column.
    """

    ids: tuple[str, ...]
    outputs: tuple[str, ...]
    values: NDArray[np.float64]
    folds: NDArray[np.int64] | None


def read_plain(data: bytes) -> PlainTable | None:
    """The table in a CSV's bytes; None of a small one, of one with quotes, and of a wrong one."""
    data = data.removeprefix(BYTE_ORDER_MARK)
    if len(data) < ENOUGH_BYTES or any(mark in data for mark in MARKS):
        return None
    try:
        first_line, second_line = data.split(b"\n", 2)[:2]
        header = first_line.decode().split(",")
        first = 2 if header[1:2] == ["fold"] else 1
        if header[0] != "id" or not _is_regular(data, len(header)):
            return None
        for cell in second_line.decode().split(",")[first:]:
            float(cell)  # pandas takes a column of nothing but True and False for numbers
        return _converted(_parsed(data, len(header), first), header[first:], first)
    except (ValueError, OverflowError):  # bytes that are no UTF-8, cells that are no numbers
        return None


def _is_regular(data: bytes, width: int) -> bool:
    """Whether every line has `width` cells: pandas drops what is too much, and fills up."""
    line = b"," * (width - 1) + b"\n"
    separators = data.translate(None, NO_SEPARATORS) + (b"" if data.endswith(b"\n") else b"\n")
    return width > 1 and separators == line * (len(separators) // width)


def _parsed(data: bytes, width: int, first: int) -> "pd.DataFrame":
    import pandas as pd

    texts: dict[int, type] = dict.fromkeys(range(first), object)
    numbers: dict[int, type] = dict.fromkeys(range(first, width), np.float64)
    # from 3.1 on pandas is exact unless told otherwise, and warns of being told
    major, minor = map(int, pd.__version__.split(".")[:2])
    exact: dict[str, Any] = {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}
    frame: pd.DataFrame = pd.read_csv(
        io.BytesIO(data),
        header=None,
        skiprows=1,
        names=list(range(width)),
        index_col=False,
        dtype={**texts, **numbers},
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        lineterminator="\n",
        low_memory=False,
        **exact,
    )
    return frame


def _converted(frame: "pd.DataFrame", outputs: Sequence[str], first: int) -> PlainTable:
    folds = None
    if first == 2:
        texts = frame[1].tolist()
        numbers = {text: int(text) for text in set(texts)}
        folds = np.array([numbers[text] for text in texts], dtype=np.int64)
    return PlainTable(
        ids=tuple(frame[0].tolist()),
        outputs=tuple(outputs),
        values=np.ascontiguousarray(frame.iloc[:, first:].to_numpy(dtype=np.float64)),
        folds=folds,
    )
