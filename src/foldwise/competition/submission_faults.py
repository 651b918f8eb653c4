"""What is wrong with a submission, in words: ids, their order, cells."""

from collections import Counter
from collections.abc import Sequence

from foldwise.competition.labels import is_finite, unknown_label
from foldwise.competition.sample import Sample
from foldwise.errors import counted, listed


def id_faults(where: str, ids: Sequence[str], sample: Sample) -> list[str]:
    """Ids that are missing, not the sample's, or there twice."""
    complaints = []
    counts = Counter(ids)
    expected = set(sample.ids)
    if missing := [name for name in sample.ids if name not in counts]:
        complaints.append(
            f"{where}: every id of {sample.path.name} needs a row, but "
            f"{counted(len(missing), 'has', 'have')} none: "
            f"{listed(missing)}; predict the test rows again"
        )
    if extra := [repr(name) for name in counts if name not in expected]:
        complaints.append(
            f"{where}: only ids of {sample.path.name} may have a row, but "
            f"{counted(len(extra), 'other does', 'others do')}: "
            f"{listed(extra)}; predict the test rows again"
        )
    if repeated := [name for name, count in counts.items() if count > 1]:
        complaints.append(
            f"{where}: every id has one row, but {counted(len(repeated), 'has', 'have')} more: "
            f"{listed(repeated)}; "
            f"remove the repeated rows"
        )
    return complaints


def order_faults(where: str, ids: Sequence[str], sample: Sample) -> list[str]:
    """The first id that is out of order, if the ids are the right ones."""
    if tuple(ids) == sample.ids or sorted(ids) != sorted(sample.ids):
        return []
    pairs = enumerate(zip(ids, sample.ids, strict=True))
    row, got, expected = next((i, a, b) for i, (a, b) in pairs if a != b)
    return [
        f"{where}: ids must be in the order of {sample.path.name}, but row {row + 1} has {got!r} "
        f"instead of {expected!r}; build the submission again"
    ]


def cell_faults(
    where: str, rows: Sequence[Sequence[str]], lines: Sequence[int], sample: Sample
) -> list[str]:
    """Cells that are no label, no finite number, or no probability."""
    at = sample.header.index(sample.id)
    wrong: list[str] = []
    for line, row in zip(lines, rows, strict=True):
        for column, cell in zip(sample.header, row, strict=True):
            if column != sample.id and not _fits(cell, sample):
                shown = (
                    unknown_label(cell, sample.labels) if sample.layout == "label" else repr(cell)
                )
                wrong.append(f"{shown} for {row[at]!r} in {column!r} (line {line})")
    if not wrong:
        return []
    return [f"{where}: {_rule(sample)}, got {listed(wrong)}; find the run that made them"]


def _fits(cell: str, sample: Sample) -> bool:
    if sample.layout == "label":
        return cell in sample.labels
    return is_finite(cell) and (sample.layout == "values" or 0 <= float(cell) <= 1)


def _rule(sample: Sample) -> str:
    if sample.layout == "label":
        return "a cell must be one of the labels"
    if sample.layout == "values":
        return "a cell must be a finite number"
    return "a cell must be a probability from 0 to 1"
