"""Prediction: every contestant on the same rows."""

from collections.abc import Sequence
from statistics import median

from speed.contestants import REFERENCE, in_prediction
from speed.flops import prediction_flops
from speed.measurement import Prediction
from speed.rounds import Job, Line, run_rounds
from speed.section import Bench, Section
from speed.table import (
    Peaks,
    best_peaks,
    disturbed,
    faults_of,
    line_of,
    markdown_table,
    peaks_told,
    spread,
    times_faster,
)
from speed.task import Task

EXPLAINED = (
    "The rows are tokenized before. Trainer.predict takes 8 rows at once by default, in the order "
    "of the rows; grouped by length it gives them back in another order, and is aligned here by "
    "the labels it gives back with them. In reduced precision its weights are cast too "
    "(`bf16_full_eval`). 'Off' is the largest difference of 16 rows from the same ones predicted "
    "alone and in fp32, in standard deviations of an untrained head's outputs."
)


def prediction(bench: Bench) -> Section:
    """Prediction time of every contestant."""
    job = Job("prediction", bench.task, Prediction)
    contestants = bench.chosen(in_prediction(bench.reduced.precision, bench.other_attention))
    lines = run_rounds(job, contestants, bench.options.rounds, bench.say)
    peaks = best_peaks(lines)
    parts = [
        f"{len(bench.task.train):,} rows.",
        _table(bench.task, lines, peaks),
        EXPLAINED,
        peaks_told(peaks, "forward, tokens of Foldwise's batches"),
        *disturbed(lines),
    ]
    return Section("Prediction", parts, tuple(faults_of(lines)))


def _table(task: Task, lines: Sequence[Line[Prediction]], peaks: Peaks) -> str:
    finished = [line for line in lines if line.measured]
    heads = ["system", "wall s", "rows/s", "real tokens/s", "utilisation"]
    heads += ["times the Trainer's default", "padding", "peak memory", "off"]
    reference = line_of(finished, REFERENCE)
    return markdown_table(heads, [_cells(task, line, reference, peaks) for line in finished])


def _cells(
    task: Task, line: Line[Prediction], reference: Line[Prediction] | None, peaks: Peaks
) -> list[str]:
    measured, precision = line.measured, line.contestant.precision
    used = [
        prediction_flops(task.shape, one.amount) / one.seconds / peaks[precision, number]
        for number, one in enumerate(measured)
    ]
    return [
        line.contestant.label,
        spread([one.seconds for one in measured], ".2f"),
        f"{median(one.amount.rows / one.seconds for one in measured):,.0f}",
        f"{median(one.amount.tokens / one.seconds for one in measured):,.0f}",
        spread(used, ".0%"),
        spread(times_faster(line, reference), ".2f"),
        f"{median(1 - one.amount.tokens / one.padded_tokens for one in measured):.0%}",
        f"{max(one.peak_bytes for one in measured) / 2**30:.2f} GiB",
        f"{max(one.off for one in measured):.1g}",
    ]
