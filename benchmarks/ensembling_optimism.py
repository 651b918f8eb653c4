"""Is the honest score of a blend honest? Fitted on some rows, scored on all the others.

    python benchmarks/ensembling_optimism.py RUN... [--rows 300 1000] [--repeats 100]

Of the OOF rows of finished runs a few are drawn at random, and every method is fitted on them. The
honest (cross-fitted) and the in-sample score are compared with that on the rows not drawn,
which its fit never saw. The members' predictions are the same on both, so nothing but the fit can
make a difference: no fold models are averaged, as they are for test rows. Whole groups are drawn
where rows come in groups. The page's table goes to standard output.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence

import numpy as np
from ensembling import WAYS
from numpy.typing import NDArray

from foldwise.ensembling.cross_fitting import cross_fit
from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Recipe, check_recipe
from foldwise.ensembling.report import described
from foldwise.errors import UsageError
from foldwise.paths import find_project

Floats = NDArray[np.float64]
SCRATCH = "optimism-scratch"  # the ensemble that is made to read the members


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN", help="finished runs of the same folds")
    parser.add_argument("--rows", type=int, nargs="+", default=[300, 1000], help="(300 1000)")
    parser.add_argument("--repeats", type=int, default=100, help="random choices (100)")
    options = parser.parse_args(arguments)
    problem = blend(find_project(), options.runs, SCRATCH).problem
    for rows in options.rows:
        print("\n".join(section(problem, rows, options.repeats)))


def section(problem: Problem, rows: int, repeats: int) -> Iterator[str]:
    """The lines of one table: by method, how far its scores are from those on unseen rows."""
    members, total = len(problem.members), len(problem.targets)
    yield f"### {members} members fitted on {rows:,} of {total:,} rows, {repeats} choices of them\n"
    name = problem.metric.name
    yield f"| method | {name} on unseen rows | honest is off by | in-sample is off by |"
    yield "|---|---|---|---|"
    for method, options in WAYS:
        recipe = Recipe(method, options)
        try:
            check_recipe(recipe, problem.metric, problem.outputs)
        except UsageError:
            continue
        found = np.array([scores(problem, recipe, rows, seed) for seed in range(repeats)])
        honest, seen, unseen = found.T
        yield (
            f"| {described(recipe)} | {unseen.mean():.4f} | {shown(honest - unseen)} "
            f"| {shown(seen - unseen)} |"
        )
        print(described(recipe), file=sys.stderr)
    yield ""


def scores(problem: Problem, recipe: Recipe, rows: int, seed: int) -> tuple[float, float, float]:
    """The honest and the in-sample score of one random choice, and that on all other rows."""
    drawn = chosen_rows(problem, rows, seed)
    few, rest = problem.at(drawn), problem.at(~drawn)
    fit = cross_fit(few, recipe)
    unseen = rest.score(fit.formula.apply(rest.members)).value
    return few.score(fit.honest).value, few.score(fit.in_sample).value, unseen


def chosen_rows(problem: Problem, rows: int, seed: int) -> NDArray[np.bool_]:
    """(rows,) whether each row is drawn: whole groups until there are enough."""
    units = np.arange(len(problem.targets)) if problem.groups is None else problem.groups
    names, of_row, sizes = np.unique(units, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    taken = order[: int(np.searchsorted(np.cumsum(sizes[order]), rows)) + 1]
    return np.isin(of_row, taken)


def shown(differences: Floats) -> str:
    """The mean difference with its standard error over the choices of rows."""
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return f"{differences.mean():+.4f} ± {error:.4f}"


if __name__ == "__main__":
    main()
