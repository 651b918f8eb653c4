"""What Foldwise costs as rows, lengths and folds double, so that a user can foretell a run."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from speed.contestants import fastest_foldwise
from speed.cross_validation import measure_folds
from speed.doubling import Size, growth_table
from speed.measurement import Computed, CrossValidation, Training
from speed.preparation import ROWS, stretched_task
from speed.project_copy import probe_machine
from speed.rounds import Job, Line, run_rounds, turns
from speed.section import Bench, Section
from speed.table import disturbed, faults_of
from speed.task import Task

PARTS = (4, 2, 1)  # of the rows
STRETCHES = (1.0, 2.0, 4.0)
FOLDS = (2, 4, 8)

EXPLAINED = (
    "The slope is that of a line through the logarithms: 1 means that twice as much takes twice as "
    "long, less that some of the time does not grow. Rows and lengths: training steps alone; "
    "lengths with random ids and weights. Folds: `foldwise train` from start to end; each of k "
    "folds learns from (k - 1) / k of the rows, so the work grows with k - 1."
)


def cost(bench: Bench) -> Section:
    """Three small tables, each with its slope."""
    by_rows = _trainings(bench, [_part(bench.task, part) for part in PARTS])
    by_length = _trainings(bench, [stretched_task(bench.task, times) for times in STRETCHES])
    parts = [
        growth_table("training rows", [Size(len(task.train), line) for task, line in by_rows]),
        growth_table("tokens a row", [Size(_mean_length(task), line) for task, line in by_length]),
    ]
    lines = [line for _, line in [*by_rows, *by_length]]
    faults, busy = faults_of(lines), disturbed(lines)
    if not bench.task.random:
        by_folds = _cross_validations(bench)
        sizes = [Size(count, line) for count, line in zip(FOLDS, by_folds, strict=True)]
        parts.append(growth_table("folds", sizes))
        faults += faults_of(by_folds)
    return Section("Cost as it doubles", [*parts, EXPLAINED, *busy], tuple(faults))


def _trainings(bench: Bench, tasks: Sequence[Task]) -> list[tuple[Task, Line[Computed]]]:
    """Each size with its line; rounds are interleaved."""
    contestant = fastest_foldwise(bench.reduced.precision)
    lines = [Line[Computed](contestant) for _ in tasks]
    for _ in range(bench.options.rounds):
        for task, line in zip(tasks, lines, strict=True):
            if line.fault:
                continue
            (again,) = run_rounds(Job("training", task, Training), [contestant], 1, bench.say)
            line.measured += again.measured
            line.fault = again.fault
    return list(zip(tasks, lines, strict=True))


def _part(task: Task, part: int) -> Task:
    return replace(task, train=task.train.first(max(task.batch_size, len(task.train) // part)))


def _mean_length(task: Task) -> float:
    return float(np.mean([len(ids) for ids in task.train.ids or ()]))


def _cross_validations(bench: Bench) -> list[Line[CrossValidation]]:
    """The lines of `FOLDS`."""
    rows = ROWS if bench.options.rows is None else bench.options.rows
    contestant = fastest_foldwise(bench.reduced.precision)
    lines = [Line[CrossValidation](contestant) for _ in FOLDS]
    count_of = {id(line): count for line, count in zip(lines, FOLDS, strict=True)}
    probe_machine(bench.task.device)
    for number, line in turns(lines, bench.options.rounds):
        if not line.fault:
            count = count_of[id(line)]
            measure_folds(line, bench.task, bench.competition, rows=rows, seed=number, folds=count)
            bench.say(f"cost, {count} folds: {line.fault or f'{line.measured[-1].seconds:.1f} s'}")
    return lines
