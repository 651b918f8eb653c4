"""Where the time of Foldwise's steps goes."""

from speed.contestants import in_training
from speed.measurement import Profile
from speed.rounds import Job, Line, run_rounds
from speed.section import Bench, Section
from speed.table import disturbed, faults_of, markdown_table
from speed.task import Contestant


def profile(bench: Bench) -> Section:
    """Milliseconds a step by kind of operation, for Foldwise as it comes."""
    ours = [one for one in in_training(bench.reduced.precision, "", None) if _is_as_it_comes(one)]
    job = Job("profile", bench.task, Profile)
    lines = run_rounds(job, ours, bench.options.rounds, bench.say)
    on = "the GPU's" if bench.task.device == "cuda" else "the calling thread's"
    explained = (
        f"Time is {on} own in each operation, without those it calls, by torch's profiler, which "
        f"slows small operations down; 'between operations' is what the wall clock shows besides. "
        f"Means over the steps of all rounds."
    )
    tables = [_table(line) for line in lines if line.measured]
    return Section(
        "Where a step's time goes", [*tables, explained, *disturbed(lines)], tuple(faults_of(lines))
    )


def _is_as_it_comes(one: Contestant) -> bool:
    differs = one.dropout is not None or one.frozen_embeddings or one.attention != "auto"
    return one.system == "foldwise" and not differs


def _table(line: Line[Profile]) -> str:
    steps = sum(one.steps for one in line.measured)
    wall = sum(one.seconds for one in line.measured)
    names = {kind for one in line.measured for kind in one.kinds}
    kinds = {kind: sum(one.kinds.get(kind, 0.0) for one in line.measured) for kind in names}
    rows = [
        *sorted(kinds.items(), key=lambda item: -item[1]),
        ("between operations", max(0.0, wall - sum(kinds.values()))),
        ("a step", wall),
    ]
    return markdown_table(
        [f"{line.contestant.label}, {steps} steps", "ms a step", "share"],
        [[kind, f"{1e3 * own / steps:.2f}", f"{own / wall:.0%}"] for kind, own in rows],
    )
