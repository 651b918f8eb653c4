"""Everything at once: data, folds, training, ensemble, submission."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import Score
from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.recipe import DEFAULT
from foldwise.ensembling.record import Ensemble, read_ensemble
from foldwise.errors import listed
from foldwise.paths import Project
from foldwise.pipeline.expecting import Expectation, Expecting
from foldwise.pipeline.preparing import Say, prepare_data, prepare_encoders, prepare_folds
from foldwise.pipeline.refusing import check_blend, check_resumable, common_competition
from foldwise.pipeline.seeding import check_seeds, seed_requests, train_seeds
from foldwise.pipeline.submitting import Submitted, private_scores_of, submit
from foldwise.tracking.tracked import train_tracked
from foldwise.training.run import RunRequest, RunState
from foldwise.training.run_scores import RunScores, read_scores
from foldwise.training.stopping import StopRequest

Train = Callable[[RunRequest], RunState]


@dataclass(frozen=True)
class Line:
    """One run in the closing table.

    Attributes:
        expected: what to expect on the test rows.
        private: scores on the hidden solution, by metric; empty where there is none.
        trained: folds trained by this command; 0 where all were there.
    """

    run: str
    scores: RunScores
    expected: Expectation
    private: dict[str, Score]
    trained: int


@dataclass(frozen=True)
class Everything:
    """What `foldwise run` did: its runs in order, their ensemble last, and the submission."""

    lines: list[Line]
    ensemble: Ensemble | None  # of several runs
    submitted: Submitted


def run_everything(
    project: Project,
    requests: Sequence[RunRequest],
    name: str,
    *,
    say: Say,
    train: Train | None = None,
    seeds: Sequence[int] = (),
) -> Everything:
    """Take every stage whose result is not there yet, and end with `submissions/<name>.csv`.

    Args:
        project: where.
        requests: one a run, all of one competition; several are blended, by cross-fitted weights.
        name: of the submission, and of the ensemble where there is one.
        say: is told what each stage does.
        train: trains one run, shown and stopped as the caller likes; by default silently.
        seeds: two at least: each request is trained with all of them, and its run is their average;
            none: each with its own.

    Raises:
        UsageError, DataError, FoldFailed, StorageError, Interrupted: as the stage that met them.
            What can be refused is refused before the first run trains.
    """
    competition = common_competition(project, requests)
    project.submission(name)  # a bad name is told now, not in the end
    blended = len(requests) > 1
    if blended:
        check_blend(project, requests, name)
    if seeds:
        check_seeds(project, [request.name for request in requests], seeds, renamed=False)
    prepare_data(competition, say)
    prepare_folds(project, competition, say)
    prepare_encoders([request.settings for request in requests], say)
    check_resumable(project, [one for x in requests for one in _runs_of(project, x, seeds)])
    trained: dict[str, int] = {}
    for request in requests:
        say(f"run {request.name}: {request.settings.kind}")
        trained[request.name] = _trained(
            project, request, seeds, say=say, train=train or _silently(project)
        )
    if blended:
        say(f"ensemble {name}: {listed(list(trained))}, weights cross-fitted on their OOF")
        made = blend(project, list(trained), name, method=DEFAULT)
        if made.aside is not None:
            say(f"the ensemble that was {name}, made otherwise, is kept in {made.aside}")
        trained[name] = 0
    submitted = submit(project, list(trained)[-1], name)
    ensemble = read_ensemble(project.run(name)) if blended else None
    return Everything(_lines(project, load(competition), trained), ensemble, submitted)


def _runs_of(project: Project, request: RunRequest, seeds: Sequence[int]) -> list[RunRequest]:
    return list(seed_requests(project, request, seeds).values()) if seeds else [request]


def _trained(
    project: Project, request: RunRequest, seeds: Sequence[int], *, say: Say, train: Train
) -> int:
    """How many folds were trained now, those of all seeds."""
    if not seeds:
        return train(request).trained
    average = train_seeds(project, request, seeds, train)
    if average.aside is not None:
        say(f"the average that was {average.name}, of other seeds, is kept in {average.aside}")
    for line in average.out_of_line:
        say(f"warning: {average.name}: averaged all the same: {line}")
    return sum(state.trained for state in average.states.values())


def _silently(project: Project) -> Train:
    return lambda request: train_tracked(project, request, StopRequest())


def _lines(project: Project, loaded: LoadedCompetition, trained: dict[str, int]) -> list[Line]:
    expecting, lines = Expecting(project), []
    for run, count in trained.items():
        scores = read_scores(project.run(run))
        private = private_scores_of(project, run, loaded)
        lines.append(Line(run, scores, expecting.of(run, scores), private, count))
    return lines
