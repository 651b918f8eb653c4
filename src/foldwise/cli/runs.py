"""`foldwise runs`."""

from argparse import Namespace
from dataclasses import asdict

from foldwise.cli.output import Output
from foldwise.cli.score_tables import Scored, looks_of, score_columns, score_rows, shown
from foldwise.cli.tables import figure
from foldwise.errors import listed
from foldwise.paths import find_project
from foldwise.pipeline.run_list import list_runs
from foldwise.training.run_scores import RunScores
from foldwise.tuning.names import is_trial


def run(options: Namespace, output: Output) -> None:
    """All runs with their out-of-fold scores; unfinished ones with the folds they have."""
    project = find_project()
    found = list_runs(project, ablations=options.all)
    output.result(
        {
            "finished": {name: asdict(scores) for name, scores in found.finished.items()},
            "unfinished": {
                name: {"finished_folds": folds} for name, folds in found.unfinished.items()
            },
            "damaged": found.damaged,
            "hidden": found.hidden,
        }
    )
    for competition, runs in found.by_competition().items():
        show(competition, runs, output)
    for name, folds in found.unfinished.items():
        done = f"fold {listed(folds)} done" if folds else "no fold done"
        output.lines([f"{name}: not finished, {done}; its command goes on where it was"])
    output.lines([f"{name}: {fault}" for name, fault in found.damaged.items()])
    if found.hidden:
        of = "ablations and studies" if any(map(is_trial, found.hidden)) else "ablations"
        output.lines([f"runs of {of} are not shown: {len(found.hidden)}; foldwise runs --all"])
    elif not (found.finished or found.unfinished or found.damaged):
        where = project.root / "runs"
        output.lines([f"no runs in {where}; begin one with: foldwise train EXPERIMENT"])


def show(competition: str, runs: dict[str, RunScores], output: Output) -> None:
    """One row a run, by its name; for those who want detail, all metrics and the time it took."""
    metric = next(iter(runs.values())).metric
    more = output.level > 0
    rows: list[list[object]] = []
    for name, scores in runs.items():
        own = shown(scores.scores.get(metric))
        last = figure(scores.seconds / 60, digits=1) if more else own
        looks = looks_of(scores.looks)
        rows.append([name, scores.kind, scores.rows, len(scores.looks), looks, last])
    last_column = "minutes" if more else f"OOF {metric}"
    output.table(competition, ["run", "kind", "rows", "folds", "looks", last_column], rows)
    if more:
        entries = [Scored(name, scores.scores, {}, scores.looks) for name, scores in runs.items()]
        table = score_rows(entries, private=False)
        output.table(f"{competition}: scores", score_columns(private=False), table)
