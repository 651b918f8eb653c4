"""`foldwise runs`."""

from argparse import Namespace
from dataclasses import asdict

from foldwise.cli.output import Output
from foldwise.cli.score_tables import looks_of, shown
from foldwise.cli.tables import figure
from foldwise.errors import listed
from foldwise.paths import find_project
from foldwise.pipeline.run_list import list_runs
from foldwise.training.run_scores import RunScores


def run(_options: Namespace, output: Output) -> None:
    """All runs with their out-of-fold scores; unfinished ones with the folds they have."""
    project = find_project()
    found = list_runs(project)
    output.result(
        {
            "finished": {name: asdict(scores) for name, scores in found.finished.items()},
            "unfinished": {
                name: {"finished_folds": folds} for name, folds in found.unfinished.items()
            },
            "damaged": found.damaged,
        }
    )
    for competition, runs in found.by_competition().items():
        show(competition, runs, output)
    for name, folds in found.unfinished.items():
        done = f"fold {listed(folds)} done" if folds else "no fold done"
        output.lines([f"{name}: not finished, {done}; its command goes on where it was"])
    output.lines([f"{name}: {fault}" for name, fault in found.damaged.items()])
    if not (found.finished or found.unfinished or found.damaged):
        where = project.root / "runs"
        output.lines([f"no runs in {where}; begin one with: foldwise train EXPERIMENT"])


def show(competition: str, runs: dict[str, RunScores], output: Output) -> None:
    """One row a run, by its name; the competition's other metrics for those who want detail."""
    first = next(iter(runs.values()))
    metrics = list(first.scores) if output.level > 0 else [first.metric]
    rows: list[list[object]] = []
    for name, scores in runs.items():
        values = [shown(scores.scores.get(metric)) for metric in metrics]
        minutes = figure(scores.seconds / 60, digits=1)
        folds = len(scores.looks)
        rows.append(
            [name, scores.kind, scores.rows, folds, looks_of(scores.looks), *values, minutes]
        )
    columns = ["run", "kind", "rows", "folds", "looks", *(f"OOF {m}" for m in metrics), "minutes"]
    output.table(competition, columns, rows)
