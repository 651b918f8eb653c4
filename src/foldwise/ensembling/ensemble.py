"""An ensemble is a run too: its members' OOF and test predictions, blended."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import metric_named
from foldwise.ensembling.command import command_of
from foldwise.ensembling.cross_fitting import CrossFit, cross_fit
from foldwise.ensembling.members import (
    Member,
    aligned,
    check_same_origin,
    problem_of,
    read_members,
)
from foldwise.ensembling.membership import (
    asked_for,
    check_no_cycle,
    holds_another,
    seeds_kept,
)
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Method, Options, Recipe, check_recipe
from foldwise.ensembling.record import FILE, Ensemble, is_ensemble, read_ensemble
from foldwise.ensembling.suspicion import suspicions
from foldwise.errors import DataError, UsageError
from foldwise.journal import Journal
from foldwise.locks import only_driver_of
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from foldwise.storage import set_aside, write_json
from foldwise.training.run_scores import (
    TABLES,
    MetricScores,
    RunScores,
    check_unchanged,
    is_finished,
    read_scores,
    score_table,
    write_run,
)


@dataclass(frozen=True, eq=False)
class Blended:
    """An ensemble just made, with what its report is made from.

    Attributes:
        aside: where the ensemble of that name that was made otherwise lies now; None: none was.
    """

    ensemble: Ensemble
    scores: RunScores
    members: list[Member]
    loaded: LoadedCompetition
    problem: Problem
    recipe: Recipe
    fit: CrossFit
    aside: Path | None = None


def blend(
    project: Project,
    names: Sequence[str],
    name: str,
    method: Method = "mean",
    weights: Sequence[float] | None = None,
    *,
    options: Options | None = None,
    allow_in_sample: bool = False,
    seeds: Sequence[int] = (),
) -> Blended:
    """The run `name`, a blend of the runs `names`, written to its folder.

    An ensemble of that name which was made alike is made anew where its members have changed; one
    that was made otherwise is set aside.

    Args:
        project: where the runs are.
        names: of finished runs.
        name: of the new run.
        method: "mean", "weights" as given, or one that is fitted and scored on rows it was not
            fitted on.
        weights: one a member; makes the method "weights".
        options: what is added to the method.
        allow_in_sample: blend members that look in-sample too.
        seeds: one a member, where the members differ in nothing but the seed; where none are given
            those that the average of these members had.

    Raises:
        UsageError: fewer than two members, one twice, bad weights, options that do not fit the
            method or the competition; `name` is a run of another kind, or among the members or
            theirs.
        DataError: a member has not finished or looks in-sample, members differ in competition,
            data, folds, ids, or the data has changed since.
    """
    asked = asked_for(names, method, weights, options)
    members = _members(project, names, name)
    with only_driver_of(project.run(name)):
        return _blended(project, name, members, asked, allow_in_sample, seeds)


def _members(project: Project, names: Sequence[str], name: str) -> list[Member]:
    """The members of the run `name`, which can be blended with each other."""
    check_no_cycle(project, names, name)
    members = read_members(project, names)
    check_same_origin(members)
    return members


def _blended(
    project: Project,
    name: str,
    members: list[Member],
    asked: Ensemble,
    allow_in_sample: bool,
    seeds: Sequence[int],
) -> Blended:
    folder = project.run(name)
    _check_is_no_other_run(folder)
    loaded = _loaded(project, members)
    recipe = Recipe(asked.method, asked.options, tuple(asked.weights))
    own = metric_named(loaded.competition.metric, loaded.competition.task)
    check_recipe(recipe, own, len(loaded.outputs))
    rows = aligned([member.oof for member in members], asked.members, loaded.train.ids)
    test = aligned([member.test for member in members], asked.members, loaded.test.ids)
    problem, place = problem_of(rows, loaded)
    suspicious = _suspicious(problem, name, asked, allow_in_sample)
    fit = cross_fit(problem, recipe)
    in_sample = score_table(loaded, rows.table(fit.in_sample[place]))
    ensemble = _ensemble(members, recipe, fit, in_sample, suspicious, seeds)
    if not seeds and is_ensemble(folder):
        ensemble = replace(ensemble, seeds=seeds_kept(read_ensemble(folder), ensemble))
    tables = rows.table(fit.honest[place]), test.table(fit.formula.apply(test.values))
    scores = _scores(members, loaded, tables[0], in_sample if fit.by_fold else {})
    aside = _replace(folder, asked, ensemble, tables, scores)
    return Blended(ensemble, read_scores(folder), members, loaded, problem, recipe, fit, aside)


def _check_is_no_other_run(folder: Path) -> None:
    """Refuse to write an ensemble over a run that was trained."""
    if any(folder.glob("[!.]*")) and not is_ensemble(folder):
        raise UsageError(
            f"{folder} holds a run that is no ensemble; give the ensemble another name (--name)"
        )


def _suspicious(problem: Problem, name: str, asked: Ensemble, allow_in_sample: bool) -> list[str]:
    """The members' folds that look in-sample, which are refused unless they are allowed."""
    suspicious = [str(found) for found in suspicions(problem, asked.members)]
    if suspicious and not allow_in_sample:
        insisting = command_of(name, replace(asked, suspicious=suspicious))
        raise DataError(*(f"{found}, or insist: {insisting}" for found in suspicious))
    return suspicious


def _ensemble(
    members: Sequence[Member],
    recipe: Recipe,
    fit: CrossFit,
    in_sample: dict[str, MetricScores],
    suspicious: list[str],
    seeds: Sequence[int],
) -> Ensemble:
    """How the ensemble was made."""
    return Ensemble(
        method=recipe.method,
        members=[member.name for member in members],
        weights=fit.formula.shares(),
        hashes={member.name: [member.scores.files[name] for name in TABLES] for member in members},
        fold_weights=[formula.shares() for formula in fit.by_fold.values()],
        in_sample={metric: found.value for metric, found in in_sample.items()},
        options=recipe.options,
        formula=fit.formula,
        suspicious=suspicious,
        seeds=list(seeds),
    )


def _loaded(project: Project, members: Sequence[Member]) -> LoadedCompetition:
    """The members' competition, with the training rows that they predict."""
    first = members[0]
    loaded = load(load_competition(project.competition(first.scores.competition)))
    check_unchanged(loaded, first.scores, first.name)
    kept = set(first.oof.ids)
    rows = [i for i, row_id in enumerate(loaded.train.ids) if row_id in kept]
    return replace(loaded, train=loaded.train.take(rows), strata=None)


def _scores(
    members: Sequence[Member],
    loaded: LoadedCompetition,
    oof: Predictions,
    in_sample: dict[str, MetricScores],
) -> RunScores:
    first = members[0].scores
    return RunScores(
        competition=first.competition,
        kind="ensemble",
        metric=first.metric,
        scores=score_table(loaded, oof),
        rows=len(oof),
        looks=[max(looks) for looks in zip(*(m.scores.looks for m in members), strict=True)],
        data=first.data,
        folds=first.folds,
        seconds=round(sum(member.scores.seconds for member in members), 2),
        in_sample=in_sample,
    )


def _replace(
    folder: Path,
    asked: Ensemble,
    ensemble: Ensemble,
    tables: tuple[Predictions, Predictions],
    scores: RunScores,
) -> Path | None:
    """Where an ensemble made otherwise lies now; this one is written unless it is there already."""
    aside = set_aside(folder, last=FILE) if holds_another(folder, asked) else None
    if not (is_finished(folder) and read_ensemble(folder) == ensemble):
        _write(folder, ensemble, tables, scores)
    return aside


def _write(
    folder: Path, ensemble: Ensemble, tables: tuple[Predictions, Predictions], scores: RunScores
) -> None:
    (folder / "scores.json").unlink(missing_ok=True)  # of the ensemble that this one replaces
    write_json(folder / FILE, asdict(ensemble))
    write_run(folder, scores, *tables)
    told = {**asdict(ensemble), "formula": None}  # it stands in the file, and may be long
    Journal(folder / "journal.jsonl").write("blended", **told)
