"""An ablation as rows of a table, and in sentences."""

from collections.abc import Sequence
from typing import NamedTuple

from foldwise.comparing.ablation import Ablation, Trained, VariantResult
from foldwise.comparing.paired import Difference
from foldwise.comparing.verdicts import meanings
from foldwise.errors import counted, listed

BASE = "(base)"
MEGABYTE = 10**6


class Table(NamedTuple):
    """Cells as text; `numeric` are the columns of numbers."""

    columns: list[str]
    numeric: list[bool]
    rows: list[list[str]]


def table_of(ablation: Ablation) -> Table:
    """One row a variant, the base's first; columns that would all be blank are left out."""
    name = ablation.metric
    columns = ["variant", name, "difference", "95 % interval", "by seed", "beyond noise?"]
    columns += ["time", "memory"]
    rows = [_base_row(ablation.base)] if ablation.base else []
    rows += [_variant_row(variant, ablation.base) for variant in ablation.variants]
    hidden = {4} if len(ablation.seeds) == 1 else set()  # it would be the difference itself
    hidden |= {i for i in range(len(columns)) if not any(row[i] for row in rows)}
    kept = [i for i in range(len(columns)) if i not in hidden]
    words = {0, 5}
    return Table(
        [columns[i] for i in kept],
        [i not in words for i in kept],
        [[row[i] for i in kept] for row in rows],
    )


def _base_row(base: Trained) -> list[str]:
    time = "1.00x" if base.seconds else ""  # seconds are written in hundredths
    return [BASE, f"{base.score:.4f}", "", "", "", "", time, _memory(base)]


def _variant_row(variant: VariantResult, base: Trained | None) -> list[str]:
    trained, difference = variant.trained, variant.difference
    if trained is None or difference is None:
        return [variant.name, "", "", "", "", variant.state, "", ""]
    return [
        variant.name,
        f"{trained.score:.4f}",
        signed(difference.value, difference.standard_error),
        interval_of(difference),
        " ".join(f"{value:+.4f}" for value in difference.seeds.values()),
        variant.state if variant.verdict is None else variant.verdict,
        f"{trained.seconds / base.seconds:.2f}x" if base and base.seconds else "",
        _memory(trained),
    ]


def signed(value: float, standard_error: float | None) -> str:
    """A difference with its standard error, where it is known: "-0.0041 ± 0.0012"."""
    return f"{value:+.4f}" + ("" if standard_error is None else f" ± {standard_error:.4f}")


def interval_of(difference: Difference) -> str:
    """The ends of the interval; blank where it is not known."""
    if difference.low is None or difference.high is None:
        return ""
    return f"{difference.low:+.4f} to {difference.high:+.4f}"


def _memory(trained: Trained) -> str:
    return "" if trained.peak_memory is None else f"{trained.peak_memory / MEGABYTE:,.0f} MB"


def title_of(ablation: Ablation) -> str:
    """What was compared, in one line."""
    count = len(ablation.variants)
    return (
        f"{ablation.base_name()}: {counted(count, 'variant')} of it, "
        f"{ablation.rows:,} rows of {ablation.competition}, "
        f"fold {listed(ablation.folds)}, seed {listed(ablation.seeds)}"
    )


def remarks(ablation: Ablation) -> list[str]:
    """What the table could show, what its words mean, and what is missing from it."""
    better = "higher" if ablation.greater_is_better else "lower"
    lines = [
        f"A difference is the variant's {ablation.metric} minus the base's on the same rows; "
        f"{better} is better. ± is one standard error.",
        _visibility(ablation),
    ]
    judged = [(variant.verdict, difference) for variant, difference in ablation.compared()]
    lines += [f"{told}." for told in meanings(judged)]
    lines += _looks(ablation)
    lines += [f"{v.name}: {v.state}, {v.reason}" for v in ablation.variants if v.reason]
    return [line for line in lines if line]


def _visibility(ablation: Ablation) -> str:
    """What the rows and seeds could have shown at all."""
    if ablation.visible is None:
        return ""
    seen = ablation.visible
    several = f"{seen.least:.4f} to {seen.most:.4f} by variant; "
    by_variant = several if seen.least < seen.most else ""
    seeds = len(ablation.seeds)
    noise = f"{seeds} seeds" if seeds > 1 else "one seed, so that the noise of seeds is not counted"
    return (
        f"A difference below about {seen.median:.4f} could not have been told from noise here "
        f"({by_variant}{ablation.rows:,} rows, {noise})."
    )


def _looks(ablation: Ablation) -> Sequence[str]:
    """Where the choice of weights flatters a variant more, or less, than the base."""
    if ablation.base is None:
        return []
    looks = ablation.base.looks
    others = [v for v in ablation.variants if v.trained and v.trained.looks != looks]
    return [
        f"{v.name}: its weights were chosen among {v.trained.looks} looks a fold, the base's among "
        f"{looks}; the score of more looks is the more optimistic."
        for v in others
        if v.trained
    ]
