"""The whole cross-validation: every fold, evaluation, checkpoint and prediction."""

from collections.abc import Sequence

from speed.contestants import REFERENCE, in_folds
from speed.cross_validation import measure_folds
from speed.measurement import CrossValidation
from speed.preparation import ROWS
from speed.project_copy import probe_machine
from speed.rounds import Line, turns
from speed.section import Bench, Section
from speed.table import faults_of, line_of, markdown_table, spread, times_faster

EXPLAINED = (
    "Wall time from the start of the program to its end: imports, tokens made anew, all folds with "
    "two evaluations an epoch and the checkpoints each system writes by default, predictions of "
    "the folds' rows and of test rows with the best weights. Foldwise is `foldwise train` with its "
    "own number of workers; the Trainer takes one fold after the other in one process. Memory is "
    "that of all processes together, shared pages counted once. The Trainer's RMSE is of the "
    "evaluation that the same rows chose, Foldwise's of the one the other half of a fold chose."
)


def folds(bench: Bench) -> Section:
    """Time and memory of all folds, for every contestant."""
    title = "The whole cross-validation"
    if bench.task.random:
        return Section(title, [f"{bench.encoder} has random ids: there is no run of them."])
    rows = ROWS if bench.options.rows is None else bench.options.rows
    contestants = bench.chosen(in_folds(bench.reduced.precision))
    lines = [Line[CrossValidation](contestant) for contestant in contestants]
    probe_machine(bench.task.device)
    for number, line in turns(lines, bench.options.rounds):
        if not line.fault:
            measure_folds(line, bench.task, bench.competition, rows=rows, seed=number)
            bench.say(f"folds, round {number + 1}: {line.contestant.label}: {told(line)}")
    parts = [_table(lines), EXPLAINED]
    return Section(title, parts, tuple(faults_of(lines)))


def told(line: Line[CrossValidation]) -> str:
    """The latest measurement in a few words, or why there is none."""
    return line.fault or f"{line.measured[-1].seconds:.1f} s, RMSE {line.measured[-1].rmse:.4f}"


def _table(lines: Sequence[Line[CrossValidation]]) -> str:
    reference = line_of(lines, REFERENCE)
    heads = ["system", "wall s", "rows learned/s", "times the Trainer's default"]
    return markdown_table(
        [*heads, "memory of all processes", "OOF RMSE"],
        [_cells(line, reference) for line in lines if line.measured],
    )


def _cells(line: Line[CrossValidation], reference: Line[CrossValidation] | None) -> list[str]:
    peaks = [one.peak_bytes / 2**30 for one in line.measured if one.peak_bytes is not None]
    return [
        line.contestant.label,
        spread([one.seconds for one in line.measured], ".1f"),
        spread([one.amount.rows / one.seconds for one in line.measured], ".1f"),
        spread(times_faster(line, reference), ".2f"),
        f"{max(peaks):.2f} GiB" if peaks else "-",
        spread([one.rmse for one in line.measured], ".4f"),
    ]
