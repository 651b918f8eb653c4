"""Several folds at once on one GPU, against one after the other."""

from collections.abc import Sequence

from speed.contestants import fastest_foldwise
from speed.cross_validation import measure_folds
from speed.measurement import CrossValidation
from speed.preparation import ROWS
from speed.rounds import Line, turns
from speed.section import Bench, Section
from speed.table import faults_of, line_of, markdown_table, spread, times_faster
from speed.task import Contestant

from foldwise.cli.parser import parsed

OPTION = "--jobs-per-gpu"
FOLDS = 5
TITLE = f"{FOLDS} folds at once on one GPU"
ONE, MANY = "one after the other", "as many at once as fit"


def together(bench: Bench) -> Section:
    """Time of all folds with one job on the GPU at a time, and with several."""
    if bench.task.device != "cuda":
        return Section(TITLE, ["This is a matter of GPUs; not measured on a CPU."])
    if bench.task.random:
        return Section(TITLE, [f"{bench.encoder} has random ids: there is no run of them."])
    if not _is_there():
        return Section(TITLE, [f"`foldwise train` has no {OPTION} here: not measured."])
    lines = [Line[CrossValidation](_named(bench, label)) for label in (ONE, MANY)]
    rows = ROWS if bench.options.rows is None else bench.options.rows
    for number, line in turns(lines, bench.options.rounds):
        jobs = "1" if line.contestant.label == ONE else "auto"
        if not line.fault:
            measure_folds(
                line, bench.task, bench.competition,
                rows=rows, seed=number, folds=FOLDS, options=[OPTION, jobs],
            )  # fmt: skip
            bench.say(f"together, {line.contestant.label}: {line.fault or 'done'}")
    return Section(TITLE, [_table(lines)], tuple(faults_of(lines)))


def _is_there() -> bool:
    """Whether this Foldwise can train several folds at once on a GPU."""
    return hasattr(parsed(["train", "any"]), OPTION.strip("-").replace("-", "_"))


def _named(bench: Bench, label: str) -> Contestant:
    precision = fastest_foldwise(bench.reduced.precision).precision
    return Contestant(label, "foldwise", precision)


def _table(lines: Sequence[Line[CrossValidation]]) -> str:
    reference = line_of(lines, ONE)
    rows = [
        [
            line.contestant.label,
            spread([one.seconds for one in line.measured], ".1f"),
            spread(times_faster(line, reference), ".2f"),
            f"{max(one.peak_bytes or 0 for one in line.measured) / 2**30:.2f} GiB",
            spread([one.rmse for one in line.measured], ".6f"),
        ]
        for line in lines
        if line.measured
    ]
    return markdown_table(["folds", "wall s", "times faster", "GPU memory", "OOF RMSE"], rows)
