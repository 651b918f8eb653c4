"""`foldwise folds COMPETITION`."""

from argparse import Namespace
from pathlib import Path

from foldwise.cli.output import Output
from foldwise.cli.tables import Figure, figure
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.errors import UsageError, listed
from foldwise.folds.making import make_folds, save_folds
from foldwise.folds.overview import FoldOverview, Overview, describe_folds
from foldwise.folds.table import read_checked_folds
from foldwise.paths import find_project

MAKING = ("n", "strategy", "seed", "criteria", "group_duplicates")  # options that a check ignores


def run(options: Namespace, output: Output) -> None:
    """Make the fold table, or check the one that is there."""
    project = find_project()
    folder = project.competition(options.name)
    given = {key: value for key in MAKING if _is_given(value := getattr(options, key))}
    if options.check and given:
        names = [f"--{key.replace('_', '-')}" for key in given]
        raise UsageError(f"--check makes no folds: leave out {listed(names)}, or leave out --check")
    loaded = load(load_competition(folder))
    path = project.folds(options.name)
    if options.check:
        check(loaded, path, output)
        return
    made = make_folds(loaded, **given)
    written = save_folds(path, made.table, options.force)
    output.result({"path": path, "written": written, **made.as_json()})
    show(made.overview, output)
    output.lines([made.reason, *made.notes, *made.leaks.sentences()])
    output.lines([f"wrote {path}" if written else f"{path} holds these folds already"])


def _is_given(value: object) -> bool:
    return value is not None and value is not False  # a seed of 0 is given


def check(loaded: LoadedCompetition, path: Path, output: Output) -> None:
    """Check the table at `path`, and show it."""
    table = read_checked_folds(path, loaded.train)
    overview = describe_folds(loaded.competition, loaded.labels, loaded.train, table)
    output.result({"path": path, "ok": True, "folds": overview.as_json()})
    show(overview, output)
    output.lines([f"{path} is a partition of the {len(loaded.train):,} training ids"])


def show(overview: Overview, output: Output) -> None:
    """One row a fold."""
    first = overview.folds[0]
    columns = ["fold", "rows", *(["groups"] if first.groups is not None else []), "words"]
    columns += [f"{t.target} {what}" for t in first.targets for what in ("mean", "sd")]
    output.table("folds", [*columns, *first.shares], [_row(fold) for fold in overview.folds])


def _row(fold: FoldOverview) -> list[object]:
    groups = [] if fold.groups is None else [fold.groups]
    spread = [figure(value, digits=3) for t in fold.targets for value in (t.mean, t.sd)]
    shares = [Figure(f"{share:.1%}") for share in fold.shares.values()]
    words = figure(fold.mean_words, digits=1)
    return [fold.fold, fold.rows, *groups, words, *spread, *shares]
