"""The benchmark's result as Markdown."""

from collections.abc import Sequence
from statistics import median

from speed.contestants import REFERENCE
from speed.measurement import Measurement
from speed.rounds import Line

BUSY = 0.05  # a share of waiting for cores above which a time says more about other programs

EXPLAINED = (
    "Wall time is that of the training steps alone, without imports, tokenizing, evaluations and "
    "checkpoints. Speed counts real tokens, without padding. Ratios are taken within each round. "
    "Times, ratios and RMSE: median (least to most) over the rounds.",
    "Trainer: the ready-made sequence classification model and the defaults of TrainingArguments, "
    "but for the rows above. Foldwise: masked mean, linear head at its own higher rate, dropout 0 "
    "as it ships for regression; 'one rate' has the encoder's dropout and one learning rate "
    "everywhere, as the Trainer has.",
    "The plain script has one optimizer group a tensor. A few of its steps are timed and projected "
    "to the whole, since every one of them is as long.",
)


def as_markdown(
    title: str, facts: Sequence[str], notes: Sequence[str], lines: Sequence[Line]
) -> str:
    """The whole page: machine, task, table, notes."""
    faults = [f"{line.contestant.label} {line.fault}." for line in lines if line.fault]
    parts = [
        f"# {title}",
        "\n".join(f"- {fact}" for fact in facts),
        "\n".join(_table(lines)),
        *EXPLAINED,
        *notes,
        *faults,
        *_disturbed(lines),
    ]
    return "\n\n".join(parts) + "\n"


def _disturbed(lines: Sequence[Line]) -> list[str]:
    shares = [one.waited or 0.0 for line in lines for one in line.measured]
    many = sum(share > BUSY for share in shares)
    if not many:
        return []
    return [
        f"**Not a quiet machine**: in {many} of {len(shares)} trainings the threads stood in line "
        f"for cores for more than {BUSY:.0%} of the time (up to {max(shares):.0%}): measure again."
    ]


def _table(lines: Sequence[Line]) -> list[str]:
    finished = [line for line in lines if line.measured]
    heads = ["system", "wall s", "real tokens/s", "times the Trainer's default", "padding"]
    heads += ["peak memory", "tokenizing s"]
    if _with_quality(finished):
        heads.append("validation RMSE")
    reference = next((line for line in finished if line.contestant.label == REFERENCE), None)
    rows = [_cells(line, reference, quality=_with_quality(finished)) for line in finished]
    ruler = ["---"] + ["---:"] * (len(heads) - 1)
    return [f"| {' | '.join(cells)} |" for cells in (heads, ruler, *rows)]


def _with_quality(lines: Sequence[Line]) -> bool:
    return any(one.rmse is not None for line in lines for one in line.measured)


def _cells(line: Line, reference: Line | None, *, quality: bool) -> list[str]:
    measured = line.measured
    projected = " (projected)" if measured[0].taken < measured[0].steps else ""
    cells = [
        line.contestant.label + projected,
        _spread([one.seconds for one in measured], ".1f"),
        f"{median(one.tokens / one.seconds for one in measured):,.0f}",
        _spread(_ratios(measured, reference), ".2f"),
        f"{median(1 - one.tokens / one.padded_tokens for one in measured):.0%}",
        f"{max(one.peak_bytes for one in measured) / 2**30:.2f} GiB",
        _spread([one.tokenizing for one in measured if one.tokenizing is not None], ".2f"),
    ]
    if quality:
        cells.append(_spread([one.rmse for one in measured if one.rmse is not None], ".4f"))
    return cells


def _ratios(measured: Sequence[Measurement], reference: Line | None) -> list[float]:
    """How many times faster than the reference, round by round."""
    if reference is None:
        return []
    pairs = zip(reference.measured, measured, strict=False)  # one of them may have failed midway
    return [theirs.seconds / own.seconds for theirs, own in pairs]


def _spread(values: Sequence[float], form: str) -> str:
    """The median, and the range where there are several values."""
    if not values:
        return "-"
    middle = f"{median(values):{form}}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):{form}} to {max(values):{form}})"
