"""How often a 90 % interval of `foldwise` for a test score holds the score: benchmarks/coverage.md.

    foldwise train movie-valence-tfidf          # and the other runs below, once
    python benchmarks/coverage.py               # minutes; trains nothing

Hidden rows are chosen from the training rows, whose out-of-fold predictions exist: whole groups
where the competition has them. The interval comes from the rows that are left. Then each run's real
private score is set beside the interval that its training rows gave.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foldwise.comparing.expected import ExpectedScore, Known, expected_score
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import Metric, companions, metric_named, score
from foldwise.competition.rows import Rows
from foldwise.competition.solution import private_scores
from foldwise.competition.submission import build_submission, check_submission
from foldwise.paths import Project, find_project
from foldwise.pipeline.expecting import Expecting, fold_tables
from foldwise.predictions.table import Predictions
from foldwise.storage import write_text
from foldwise.training.run_scores import RunScores, read_scores, read_tables

RUNS = (
    "movie-valence-tfidf",
    "movie-valence-minilm",
    "movie-sentiment-tfidf",
    "editorial-valence-tfidf",
    "imdb-polarity-tfidf",
)
SHARES = (0.05, 0.25, 0.5)  # of rows, or of groups, that are hidden
SEED = 1
LEAST, MOST = 0.87, 0.93

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Finished(NamedTuple):
    """A run with the rows that it predicts out of fold."""

    name: str
    scores: RunScores
    loaded: LoadedCompetition
    rows: Rows
    values: Floats  # (rows, outputs)


class Coverage(NamedTuple):
    """How many of the choices' hidden scores lay in their interval, below it, above it."""

    held: float
    below: float
    above: float


def finished(project: Project, name: str) -> Finished:
    """The run `name`."""
    scores = read_scores(project.run(name))
    loaded = load(load_competition(project.competition(scores.competition)))
    oof, _ = read_tables(project.run(name))
    oof = oof.aligned_to(loaded.train.ids, "the training rows")
    return Finished(name, scores, loaded, loaded.train, oof.values)


def choices(rows: Rows, share: float, count: int) -> Iterator[Bools]:
    """(rows,) which rows are hidden, chosen at random `count` times: whole groups if there are."""
    rng = np.random.default_rng(SEED)
    names = rows.ids if rows.groups is None else rows.groups
    _, member = np.unique(np.array(names), return_inverse=True)
    groups = int(member.max()) + 1
    for _ in range(count):
        hidden = np.zeros(groups, dtype=bool)
        hidden[rng.permutation(groups)[: round(share * groups)]] = True
        yield hidden[member]


def coverage(run: Finished, metric: Metric, share: float, count: int) -> Coverage:
    """Of intervals from the rows that are left, for those that are hidden."""
    below = above = 0
    for hidden in choices(run.rows, share, count):
        expected = interval(run, metric, hidden)
        found = metric.function(targets_of(run)[hidden], run.values[hidden])
        below += found < expected.low
        above += found > expected.high
    return Coverage(1 - (below + above) / count, below / count, above / count)


def interval(run: Finished, metric: Metric, hidden: Bools) -> ExpectedScore:
    """The interval for the hidden rows, from all others."""
    left = run.rows.take(np.flatnonzero(~hidden).astype(np.int64))
    seen = score(metric, targets_of(run)[~hidden], run.values[~hidden], left.groups)
    if seen.standard_error is None:
        raise ValueError(f"{metric.name} of {run.name} has no standard error")
    draws = len(left) if left.groups is None else len(set(left.groups))
    known = Known(seen.value, seen.standard_error, len(left), draws - 1.0)
    return expected_score(metric, known, int(hidden.sum()))


def targets_of(run: Finished) -> Floats:
    """(rows, targets)."""
    if run.rows.targets is None:
        raise ValueError("training rows have targets")
    return run.rows.targets


def metrics_of(run: Finished) -> list[Metric]:
    """The competition's own metric, and its companions."""
    own = metric_named(run.loaded.competition.metric, run.loaded.competition.task)
    return [own, *companions(own)]


def coverage_rows(runs: list[Finished], count: int) -> Iterator[list[str]]:
    """The first table, row by row."""
    for run in runs:
        for metric in metrics_of(run):
            for share in SHARES:
                found = coverage(run, metric, share, count)
                print(run.name, metric.name, share, found, flush=True)
                yield [
                    run.name,
                    "groups" if run.rows.groups else "rows",
                    metric.name,
                    f"{share:.0%}",
                    f"{100 * found.held:.1f}",
                    f"{100 * found.below:.1f}",
                    f"{100 * found.above:.1f}",
                    "" if LEAST <= found.held <= MOST else "outside",
                ]


def private_of(run: Finished, test: Predictions) -> dict[str, float]:
    """The private scores of test predictions, by metric."""
    sample = run.loaded.sample
    submission = check_submission(build_submission(sample, test.ids, test.values), sample)
    found = private_scores(run.loaded.competition, sample, submission)
    return {name: value.value for name, value in found.items()}


def private_rows(project: Project, runs: list[Finished]) -> Iterator[list[str]]:
    """The second table: what the hidden solution says, once for each run."""
    for run in runs:
        expected = Expecting(project).of(run.name, run.scores).scores
        models = fold_tables(project, run.name, len(run.scores.looks)) or []
        singles = [private_of(run, model) for model in models]
        whole = private_of(run, read_tables(project.run(run.name))[1])
        for metric in metrics_of(run):
            if metric.name not in whole:  # a sample of labels has no probabilities
                continue
            hope, truth = expected[metric.name], whole[metric.name]
            single = float(np.mean([of[metric.name] for of in singles]))
            gained = (truth - single) * (1 if metric.greater_is_better else -1)
            yield [
                run.name,
                metric.name,
                f"{run.scores.scores[metric.name].value:.4f}",
                f"{hope.low:.4f} to {hope.high:.4f}",
                f"{truth:.4f}",
                "yes" if hope.low <= truth <= hope.high else "no",
                "" if hope.gain is None else f"{hope.gain:.4f}",
                f"{gained:.4f}",
            ]


def table_lines(columns: list[str], rows: Iterator[list[str]]) -> list[str]:
    """A table in Markdown."""
    cells = [columns, ["---"] * len(columns), *rows]
    return [f"| {' | '.join(row)} |" for row in cells]


def page(project: Project, runs: list[Finished], count: int) -> str:
    """benchmarks/coverage.md."""
    lines = [
        "# Do expected test scores hold what they say?",
        "",
        "Made by `python benchmarks/coverage.py`. An interval of 90 % should hold 90 % of scores.",
        "",
        "## Hidden rows chosen at random",
        "",
        f"{count:,} choices a line: some of the training rows are hidden, whole documents where",
        "rows come in documents, and the interval for their score comes from the others. Lines",
        f"outside of {100 * LEAST:.0f} to {100 * MOST:.0f} % are marked.",
        "",
    ]
    columns = ["run", "hidden", "metric", "share", "held, %", "below, %", "above, %", ""]
    lines += table_lines(columns, coverage_rows(runs, count))
    lines += [
        "",
        "## The real private scores",
        "",
        "Once for each run: a test set is one draw, and the runs of one competition share it. The",
        "private score is of the mean of the folds' models. What averaging gains is foretold",
        "without targets, and seen as that score against the mean of the single models' scores;",
        "where it is not foretold, the interval is without it.",
        "",
    ]
    columns = ["run", "metric", "OOF", "expected, 90 %", "private", "held"]
    columns += ["gain foretold", "gain seen"]
    lines += table_lines(columns, private_rows(project, runs))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("runs", nargs="*", default=RUNS)
    options.add_argument("--choices", type=int, default=1000)
    chosen = options.parse_args()
    project = find_project()
    runs = [finished(project, name) for name in chosen.runs]
    write_text(Path(__file__).with_suffix(".md"), page(project, runs, chosen.choices))


if __name__ == "__main__":
    main()
