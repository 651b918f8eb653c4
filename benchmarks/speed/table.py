"""Markdown tables of measurements: medians, ranges, ratios within rounds."""

from collections.abc import Mapping, Sequence
from statistics import median

from speed.measurement import AnyComputed, AnyMeasurement
from speed.rounds import Line

BUSY = 0.05  # a share of waiting for cores above which a time says more about other programs

Peaks = Mapping[tuple[str, int], float]  # of a precision in a round


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table: words on the left, figures on the right."""
    ruler = ["---"] + ["---:"] * (len(heads) - 1)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ruler, *rows))


def spread(values: Sequence[float], form: str) -> str:
    """The median, and the range where there are several values."""
    if not values:
        return "-"
    middle = f"{median(values):{form}}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):{form}} to {max(values):{form}})"


def line_of(lines: Sequence[Line[AnyMeasurement]], label: str) -> Line[AnyMeasurement] | None:
    """The contestant's line, if it takes part and was measured."""
    return next((one for one in lines if one.contestant.label == label and one.measured), None)


def times_faster(line: Line[AnyMeasurement], reference: Line[AnyMeasurement] | None) -> list[float]:
    """How many times faster than the reference, round by round; empty without one."""
    if reference is None:
        return []
    pairs = zip(reference.measured, line.measured, strict=False)  # one may have failed midway
    return [theirs.seconds / own.seconds for theirs, own in pairs]


def best_peaks(lines: Sequence[Line[AnyComputed]]) -> Peaks:
    """The highest matrix peak seen in each precision and round: what the machine could do."""
    peaks: dict[tuple[str, int], float] = {}
    for line in lines:
        for number, one in enumerate(line.measured):
            key = line.contestant.precision, number
            peaks[key] = max(peaks.get(key, 0.0), one.matrix_peak or 0.0)
    return peaks


def peaks_told(peaks: Peaks, products: str) -> str:
    """The peaks in a sentence, over the rounds."""
    told = []
    for precision in sorted({precision for precision, _ in peaks}):
        values = [peak / 1e9 for (other, _), peak in peaks.items() if other == precision]
        told.append(f"{precision} {spread(values, ',.0f')}")
    return f"Matrix peak at the model's shapes, {products}, in GFLOP/s: {'; '.join(told)}."


def disturbed(lines: Sequence[Line[AnyMeasurement]]) -> list[str]:
    """A warning, if other programs had the cores; nothing on a quiet machine."""
    shares = [one.waited or 0.0 for line in lines for one in line.measured]
    many = sum(share > BUSY for share in shares)
    if not many:
        return []
    return [
        f"**Not a quiet machine**: in {many} of {len(shares)} measurements the threads stood in "
        f"line for cores for more than {BUSY:.0%} of the time (up to {max(shares):.0%})."
    ]


def faults_of(lines: Sequence[Line[AnyMeasurement]]) -> list[str]:
    """What failed, a sentence each."""
    return [f"{line.contestant.label} {line.fault}." for line in lines if line.fault]
