"""`foldwise folds COMPETITION`."""

import argparse

from foldwise.cli.output import Output
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load
from foldwise.errors import DataError
from foldwise.folds.making import make_folds, save_folds
from foldwise.folds.overview import Overview, describe_folds
from foldwise.folds.table import read_checked_folds
from foldwise.paths import find_project


def run(options: argparse.Namespace, output: Output) -> None:
    """Make the fold table, or check the one that is there."""
    project = find_project()
    loaded = load(load_competition(project.competition(options.name)))
    path = project.folds(options.name)
    if options.check:
        if not path.is_file():
            raise DataError(f"no folds: {path} does not exist; run: foldwise folds {options.name}")
        table = read_checked_folds(path, loaded.train)
        overview = describe_folds(loaded.competition, loaded.labels, loaded.train, table)
        output.result({"path": str(path), "ok": True, "folds": overview.as_json()})
        show(overview, output)
        output.lines([f"{path} is a partition of the {len(loaded.train):,} training ids"])
        return
    criteria = tuple(part for part in options.criteria.split(",") if part)
    made = make_folds(
        loaded, options.strategy, options.n, options.seed, criteria, options.group_duplicates
    )
    written = save_folds(path, made.table, options.force)
    output.result({"path": str(path), "written": written, **made.as_json()})
    show(made.overview, output)
    output.lines([f"{made.strategy}: {made.reason}", *made.notes, *made.leaks.sentences()])
    output.lines([f"{'wrote' if written else 'unchanged:'} {path}"])


def show(overview: Overview, output: Output) -> None:
    """One row a fold."""
    first = overview.folds[0]
    grouped = first.groups is not None
    columns = ["fold", "rows", *(["groups"] if grouped else []), "words"]
    columns += [f"{t.target} {what}" for t in first.targets for what in ("mean", "sd")]
    columns += list(first.shares)
    rows: list[list[object]] = []
    for fold in overview.folds:
        spread = [f"{value:.3f}" for t in fold.targets for value in (t.mean, t.sd)]
        shares = [f"{share:.1%}" for share in fold.shares.values()]
        groups = [fold.groups] if grouped else []
        rows.append([fold.fold, fold.rows, *groups, f"{fold.mean_words:.1f}", *spread, *shares])
    output.table("folds", columns, rows)
