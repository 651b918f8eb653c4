"""`foldwise runs`."""

import argparse
from dataclasses import asdict
from pathlib import Path

from foldwise.cli.output import Output, with_error
from foldwise.paths import Project, find_project
from foldwise.training.run_scores import RunScores, is_finished, read_scores


def run(_options: argparse.Namespace, output: Output) -> None:
    """All runs with their out-of-fold scores; unfinished ones with the folds they have."""
    project = find_project()
    finished = {path.name: read_scores(path) for path in _folders(project) if is_finished(path)}
    unfinished = {path.name: _folds(path) for path in _folders(project) if not is_finished(path)}
    output.result(
        {
            "finished": {name: asdict(scores) for name, scores in finished.items()},
            "unfinished": unfinished,
        }
    )
    by_competition: dict[str, dict[str, RunScores]] = {}
    for name, scores in finished.items():
        by_competition.setdefault(scores.competition, {})[name] = scores
    for competition, runs in by_competition.items():
        _show(competition, runs, output)
    for name, folds in unfinished.items():
        done = f"{folds} finished folds" if folds else "no finished fold"
        output.lines([f"{name}: not finished, {done}; its command goes on where it was"])
    if not finished and not unfinished:
        output.lines(
            [f"no runs in {project.root / 'runs'}; begin one with: foldwise train EXPERIMENT"]
        )


def _folders(project: Project) -> list[Path]:
    folders = sorted(project.root.glob("runs/*"))
    return [path for path in folders if path.is_dir() and not path.name.startswith(".")]


def _folds(path: Path) -> int:
    return len(list(path.glob("fold-*/result.json")))


def _show(competition: str, runs: dict[str, RunScores], output: Output) -> None:
    metrics = list(next(iter(runs.values())).scores)
    rows = []
    for name, scores in runs.items():
        shown = [with_error(s.value, s.standard_error) for s in scores.scores.values()]
        minutes = f"{scores.seconds / 60:.1f}"
        rows.append([name, scores.kind, scores.rows, len(scores.looks), *shown, minutes])
    columns = ["run", "kind", "rows", "folds", *(f"OOF {m}" for m in metrics), "minutes"]
    output.table(competition, columns, rows)
