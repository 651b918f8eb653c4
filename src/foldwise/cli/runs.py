"""`foldwise runs`."""

import shlex
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from foldwise.cli.output import Output
from foldwise.cli.score_tables import (
    EXPECTED,
    Scored,
    expectation_remarks,
    interval,
    optimism_of,
    score_columns,
    score_rows,
    scores_as_json,
    shown,
)
from foldwise.cli.tables import figure
from foldwise.errors import counted, listed
from foldwise.paths import find_project
from foldwise.pipeline.expecting import Expectation, Expecting
from foldwise.pipeline.run_list import kind_of_part, list_runs
from foldwise.storage import ASIDE, bytes_in, folders_aside
from foldwise.training.run_scores import RunScores
from foldwise.tuning.names import is_trial


def run(options: Namespace, output: Output) -> None:
    """All runs with their out-of-fold scores; unfinished ones with the folds they have."""
    project = find_project()
    found = list_runs(project, parts=options.all)
    expecting = Expecting(project, options.test_rows)
    expected = {name: expecting.of(name, scores) for name, scores in found.finished.items()}
    aside = {path: bytes_in(path) for path in folders_aside(project.root / "runs")}
    output.result(
        {
            "finished": {name: asdict(scores) for name, scores in found.finished.items()},
            "expected": {name: scores_as_json(of.scores) for name, of in expected.items()},
            "unfinished": {
                name: {"finished_folds": folds} for name, folds in found.unfinished.items()
            },
            "damaged": found.damaged,
            "hidden": found.hidden,
            "set_aside": {path.name: size for path, size in aside.items()},
        }
    )
    for competition, runs in found.by_competition().items():
        show(competition, runs, expected, output)
    for name, folds in found.unfinished.items():
        done = f"fold {listed(folds)} done" if folds else "no fold done"
        later = "its command goes on where it was"
        if is_trial(name):
            later = "its study dropped it, or goes on with it"
        output.lines([f"{name}: not finished, {done}; {later}"])
    output.lines([f"{name}: {fault}" for name, fault in found.damaged.items()])
    if found.hidden:
        output.lines(
            [
                f"runs {kind} are not shown: {count}; foldwise runs --all"
                for kind, count in Counter(map(kind_of_part, found.hidden)).items()
            ]
        )
    elif not (found.finished or found.unfinished or found.damaged):
        where = project.root / "runs"
        output.lines([f"no runs in {where}; begin one with: foldwise train EXPERIMENT"])
    output.lines(aside_remark(project.root / "runs", aside))


def aside_remark(runs: Path, aside: Mapping[Path, int]) -> list[str]:
    """How many old runs are kept hidden in the folder, their size, and how to be rid of them."""
    if not aside:
        return []
    size = sum(aside.values()) / 1e6
    return [
        f"set aside for newer ones of their names, hidden and kept: {len(aside)} in {size:,.1f} MB"
        f"; remove them with: rm -r {shlex.quote(str(runs))}/{ASIDE}"
    ]


def show(
    competition: str,
    runs: dict[str, RunScores],
    expected: Mapping[str, Expectation],
    output: Output,
) -> None:
    """One row a run, by its name; for those who want detail, all metrics and the time it took.

    How many rows and folds there are stands in the title where all runs have as many.
    """
    first = next(iter(runs.values()))
    metric = first.metric
    alike = len({(scores.rows, len(scores.looks)) for scores in runs.values()}) == 1
    more = output.level > 0
    rows: list[list[object]] = []
    for name, scores in runs.items():
        own = shown(scores.scores.get(metric))
        last = figure(scores.seconds / 60, digits=1) if more else own
        optimism = optimism_of(scores, metric)
        hopes = [] if more else [interval(expected[name].scores.get(metric))]
        size = [] if alike else [scores.rows, len(scores.looks)]
        rows.append([name, scores.kind, *size, last, *hopes, optimism])
    columns = ["run", "kind", *([] if alike else ["rows", "folds"])]
    columns += ["minutes"] if more else [f"OOF {metric}", EXPECTED]
    title = (
        f"{competition}: {first.rows:,} rows, {counted(len(first.looks), 'fold')}"
        if alike
        else competition
    )
    output.table(title, [*columns, "optimism"], rows)
    if more:
        entries = [
            Scored(name, scores, expectation=expected[name]) for name, scores in runs.items()
        ]
        table = score_rows(entries, private=False)
        output.table(f"{competition}: scores", score_columns(private=False), table)
    shown_ones = [expected[name] if more else of_metric(expected[name], metric) for name in runs]
    output.lines(expectation_remarks(shown_ones))


def of_metric(expected: Expectation, metric: str) -> Expectation:
    """What is expected in one metric alone."""
    return replace(expected, scores={k: e for k, e in expected.scores.items() if k == metric})
