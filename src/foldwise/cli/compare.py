"""`foldwise compare A B`."""

from argparse import Namespace
from dataclasses import asdict

from foldwise.cli.output import Output
from foldwise.cli.plots import cells, page, signs
from foldwise.comparing.comparison import Comparison
from foldwise.comparing.comparison_words import (
    entries_of,
    seed_table_of,
    sentences,
    table_of,
    title_of,
    verdict_of,
)
from foldwise.comparing.forest import plot_lines
from foldwise.paths import find_project
from foldwise.pipeline.comparing_runs import compare_runs
from foldwise.pipeline.run_list import check_exist


def run(options: Namespace, output: Output) -> None:
    """Compare two finished runs on the same rows, and show which is better and how surely."""
    project = find_project()
    check_exist(project, [options.first, options.second])
    found = compare_runs(project, options.first, options.second, options.test_rows)
    output.result({**asdict(found), "sentence": verdict_of(found)})
    show(found, output)


def show(found: Comparison, output: Output) -> None:
    """The tables, a plot of the folds, and what they mean."""
    table = table_of(found)
    output.table(title_of(found), table.columns, cells(table))
    own = found.own
    if (seeds := seed_table_of(found)) is not None:
        output.table(f"{own.metric}: one run of each, seed by seed", seeds.columns, cells(seeds))
    better = own.greater_is_better
    plot = plot_lines(entries_of(found), greater_is_better=better, signs=signs(), page=page())
    output.lines([f"{own.metric}: {found.first} minus {found.second}"])
    output.whole([*plot, ""])
    output.lines(sentences(found))
