"""What a fold script does: `python folds/<competition>.py` writes `folds/<competition>.csv`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load
from foldwise.errors import FoldwiseError, counted
from foldwise.folds.making import MadeFolds, make_folds, save_folds
from foldwise.paths import Project


def run_fold_script(
    script: str,
    *,
    strategy: str = "auto",
    n: int = 5,
    seed: int = 42,
    criteria: Sequence[str] = (),
    group_duplicates: bool = False,
    arguments: Sequence[str] | None = None,
) -> None:
    """Make the folds of the competition that `script` is named after, beside the script.

    The script's folder stands in the project's root, wherever it is called from. An existing table
    with other folds is kept unless `--force` is given.

    Args:
        script: the script's `__file__`; its stem is the competition's name.
        strategy: see `make_folds`, as for all but the last.
        n: number of folds.
        seed: another seed makes other folds.
        criteria: what the folds share the distribution of.
        group_duplicates: keep nearly equal texts in one fold too.
        arguments: of the command line; by default the process's own.

    Raises:
        SystemExit: with the exit code of what went wrong, after its message.
    """
    path = Path(script).resolve()
    parser = argparse.ArgumentParser(description=f"Write {path.stem}.csv: id,fold.")
    parser.add_argument("--force", action="store_true", help="replace a table with other folds")
    force: bool = parser.parse_args(arguments).force
    project = Project(path.parents[1])
    try:
        loaded = load(load_competition(project.competition(path.stem)))
        made = make_folds(loaded, strategy, n, seed, criteria, group_duplicates)
        written = save_folds(project.folds(path.stem), made.table, force)
    except FoldwiseError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(error.exit_code) from None
    done = "wrote" if written else "unchanged:"
    sys.stdout.write(f"{done} {project.folds(path.stem)}\n{report(made)}\n")


def report(made: MadeFolds) -> str:
    """The folds in a few lines of text."""
    lines = [made.reason]
    for fold in made.overview.folds:
        groups = "" if fold.groups is None else f", {counted(fold.groups, 'group')}"
        means = [f"{t.target} {t.mean:.3f} (sd {t.sd:.3f})" for t in fold.targets]
        shares = [f"{label} {share:.1%}" for label, share in fold.shares.items()]
        spread = ", ".join([*means, *shares])
        lines.append(
            f"fold {fold.fold}: {counted(fold.rows, 'row')}{groups}, {fold.mean_words:.1f} words; "
            f"{spread}"
        )
    return "\n".join([*lines, *made.notes, *made.leaks.sentences()])
