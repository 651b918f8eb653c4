"""Two finished runs, read and compared on the rows that both predict."""

from collections.abc import Sequence
from dataclasses import replace

from foldwise.comparing.comparison import (
    Comparison,
    MetricComparison,
    Outlook,
    compared_by,
    compared_folds,
    compared_metrics,
)
from foldwise.comparing.expected import Known, chance_of_better
from foldwise.comparing.sides import Side, other_origins
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import Metric, companions, metric_named
from foldwise.competition.rows import Rows
from foldwise.ensembling.record import is_ensemble, read_ensemble
from foldwise.errors import Complaints, DataError, UsageError, listed
from foldwise.paths import Project
from foldwise.pipeline.expecting import Expectation, Expecting, notes_of
from foldwise.pipeline.provenance import hashes_of
from foldwise.predictions.table import Predictions
from foldwise.training.run_scores import RunScores, check_unchanged, read_scores, read_tables

ONE = 0  # the seed of a run that has no seeds of its own to compare by


def compare_runs(
    project: Project, first: str, second: str, test_rows: int | None = None
) -> Comparison:
    """Two finished runs, or ensembles, on the same rows and folds.

    Args:
        project: where.
        first: the name of a run.
        second: the name of another.
        test_rows: how many rows are to be scored in the end; None: as many as the runs predict.

    Raises:
        UsageError: both are the same run.
        DataError: one has not finished, they were made from other data or folds, or the data has
            changed since; names every difference.
    """
    if first == second:
        raise UsageError(f"two runs are compared, got {first!r} twice; see: foldwise runs")
    scores = _scores_of(project, (first, second))
    sides = [_side(project, name, scores[name]) for name in scores]
    complaints = Complaints()
    complaints.extend(other_origins(*sides) or _other_rows(*sides))
    complaints.raise_if_any(DataError)
    loaded = load(load_competition(project.competition(scores[first].competition)))
    check_unchanged(loaded, scores[first], first)
    own = metric_named(loaded.competition.metric, loaded.competition.task)
    rows = _rows_of(loaded, sides[0].tables[ONE])
    notes: list[str] = []
    seeds = [_seed_side(project, name, of, notes) for name, of in scores.items()]
    expecting = Expecting(project, test_rows)
    expected = [expecting.of(name, of) for name, of in scores.items()]
    notes += notes_of(expected)
    compared = Comparison(
        first=first,
        second=second,
        competition=loaded.competition.name,
        rows=len(rows),
        groups=None if rows.groups is None else len(set(rows.groups)),
        metrics=compared_metrics(sides[0], sides[1], rows, [own, *companions(own)]),
        folds=compared_folds(own, sides[0], sides[1], rows),
        seeds=_by_seed(seeds, own, rows, notes),
        looks=(max(scores[first].looks), max(scores[second].looks)),
        notes=notes,
    )
    return replace(compared, outlook=_outlook(expected, own, compared))


def _scores_of(project: Project, names: Sequence[str]) -> dict[str, RunScores]:
    """The scores of runs by name.

    Raises:
        DataError: some have not finished; names all of them.
        StorageError: one is damaged.
    """
    found, complaints = dict[str, RunScores](), Complaints()
    for name in names:
        try:
            found[name] = read_scores(project.run(name))
        except DataError as error:
            complaints.extend(error.complaints)
    complaints.raise_if_any(DataError)
    return found


def _side(project: Project, name: str, scores: RunScores) -> Side:
    oof, _ = read_tables(project.run(name))
    return Side(name, {ONE: oof}, _origin(scores))


def _origin(scores: RunScores) -> dict[str, str]:
    return {part: getattr(scores, part) for part in ("competition", "metric", "data", "folds")}


def _other_rows(first: Side, second: Side) -> list[str]:
    """A complaint where the two learned from other rows of the same competition."""
    mine, theirs = (side.tables[ONE].ids for side in (first, second))
    if set(mine) == set(theirs):
        return []
    return [
        f"what is compared predicts the same rows, but {first.name} has {len(mine):,} OOF rows and "
        f"{second.name} {len(theirs):,}, and their ids differ; train both with the same "
        f"training.rows"
    ]


def _rows_of(loaded: LoadedCompetition, oof: Predictions) -> Rows:
    """The training rows that are predicted; runs may learn from some of them only."""
    kept = set(oof.ids)
    return loaded.train.take([i for i, name in enumerate(loaded.train.ids) if name in kept])


def _by_seed(
    sides: Sequence[Side | None], metric: Metric, rows: Rows, notes: list[str]
) -> MetricComparison | None:
    """Each seed's run against its like; None where both have not the same seeds, with a note."""
    first, second = sides
    if first is None or second is None:
        return None
    if first.tables.keys() != second.tables.keys():
        mine, theirs = (listed(sorted(side.tables)) for side in (first, second))
        notes.append(
            f"they are not compared seed by seed: {first.name} has seeds {mine}, {second.name} "
            f"{theirs}; train the others with foldwise train EXPERIMENT --seeds"
        )
        return None
    return compared_by(metric, first, second, rows)


def _seed_side(project: Project, name: str, scores: RunScores, notes: list[str]) -> Side | None:
    """The runs that a seed-averaged run is the mean of, by seed; None where it is none.

    A note says where they are not what they were: then they tell nothing about their average.
    """
    folder = project.run(name)
    if not is_ensemble(folder) or not (ensemble := read_ensemble(folder)).seeds:
        return None
    changed = [m for m in ensemble.members if hashes_of(project, m) != ensemble.hashes.get(m)]
    if changed:
        notes.append(
            f"{name} is not compared seed by seed: the predictions of {listed(changed)} have "
            f"changed since it was averaged, or are gone"
        )
        return None
    tables = {
        seed: read_tables(project.run(member))[0]
        for seed, member in zip(ensemble.seeds, ensemble.members, strict=True)
    }
    return Side(name, tables, _origin(scores))


def _outlook(
    expected: Sequence[Expectation], metric: Metric, compared: Comparison
) -> Outlook | None:
    """What to expect on the test rows; None where there are none, or no noise is known."""
    first, second = (of.scores.get(metric.name) for of in expected)
    difference = compared.own.difference
    if first is None or second is None or difference.standard_error is None:
        return None
    with_gains = first.gain is not None and second.gain is not None
    known = Known(
        # a gain that is known of one alone would favour it
        value=first.value - second.value if with_gains else difference.value,
        standard_error=difference.standard_error,
        rows=compared.rows,
        degrees=(compared.groups or compared.rows) - 1.0,
    )
    chance = chance_of_better(metric, known, first.test_rows)
    return Outlook(first.test_rows, first, second, chance, with_gains)
