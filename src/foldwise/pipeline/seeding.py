"""One experiment trained with several seeds, and the average of these runs as a run of its own.

The seeds are given, never chosen by their scores: the average is of all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean, stdev

from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.record import is_ensemble, read_ensemble
from foldwise.errors import Complaints, UsageError, listed
from foldwise.paths import Project
from foldwise.pipeline.refusing import check_resumable
from foldwise.pipeline.seed_names import seed_run_name
from foldwise.pipeline.time_left import TimeLeft
from foldwise.storage import read_record
from foldwise.tracking.tracked import train_tracked
from foldwise.training.fold_result import RESULT, FoldResult
from foldwise.training.manifest import FILE as MANIFEST
from foldwise.training.run import RunRequest, RunState
from foldwise.training.run_folder import Mode
from foldwise.training.run_scores import RunScores
from foldwise.training.stopping import StopRequest

Train = Callable[[RunRequest], RunState]


@dataclass(frozen=True)
class Spread:
    """One metric over the seeds.

    Attributes:
        mean: of the seeds' scores, each of one run.
        deviation: the standard deviation between them.
    """

    mean: float
    deviation: float


@dataclass(frozen=True)
class SeedAverage:
    """An experiment's runs by seed, and their average.

    Attributes:
        name: of the average, a run.
        states: of the runs, by seed.
        scores: of the average; None while a run is unfinished.
        spreads: by metric; empty while a run is unfinished.
        out_of_line: seeds' folds that score far off the other folds and seeds.
        aside: where an average of this name over other seeds lies now; None: there was none.
    """

    name: str
    states: dict[int, RunState]
    scores: RunScores | None
    spreads: dict[str, Spread]
    out_of_line: list[str] = field(default_factory=list)
    aside: Path | None = None

    def missing(self) -> dict[int, tuple[int, ...]]:
        """The folds still to train, by seed; without the seeds that have finished."""
        return {seed: state.missing for seed, state in self.states.items() if state.missing}


def train_seeds(
    project: Project, request: RunRequest, seeds: Sequence[int], train: Train | None = None
) -> SeedAverage:
    """The runs of all seeds, and their average once all have finished.

    Finished folds are not trained again; one seed is trained after the other.

    Args:
        project: where.
        request: of one run; its name is the average's, its time is shared by all seeds.
        seeds: two at least, all different.
        train: trains one run, shown and stopped as the caller likes; by default silently.

    Raises:
        UsageError: a single seed; the name is that of another run; or a run was made from
            something else. Nothing was trained.
        FoldFailed, Interrupted, StorageError, DataError: as the run that met them; the same call
            goes on.
    """
    check_seeds(project, [request.name], seeds)
    requests = seed_requests(project, request, seeds)
    check_resumable(project, list(requests.values()))
    left = TimeLeft(request.max_seconds)
    states = {}
    for seed, one in requests.items():
        states[seed] = (train or _silently(project))(left.of(one))
        left.learn(_fold_seconds(states[seed]))
    if any(state.scores is None for state in states.values()):
        return SeedAverage(request.name, states, None, {})
    names = [one.name for one in requests.values()]
    # a seed whose fold is out of line is told, not refused: these runs were trained here, so that
    # no OOF is in-sample, and an average without the seeds that went wrong would be optimistic
    made = blend(project, names, request.name, seeds=seeds, allow_in_sample=True)
    told = made.ensemble.suspicious
    return SeedAverage(request.name, states, made.scores, _spreads(states), told, made.aside)


def _silently(project: Project) -> Train:
    return lambda request: train_tracked(project, request, StopRequest())


def check_seeds(
    project: Project, names: Sequence[str], seeds: Sequence[int], *, renamed: bool = True
) -> None:
    """Refuse seeds that make no average, and averages whose names are taken.

    Args:
        project: where.
        names: of the averages.
        seeds: of each.
        renamed: whether --name is the average's; else it has its experiment's name.

    Raises:
        UsageError: a single seed, or a name that is another run's; all at once.
    """
    complaints = Complaints()
    if len(set(seeds)) < 2:
        complaints.add(
            f"an average is of two different seeds at least, got {listed(seeds)}; for one seed "
            f"give the setting seed={seeds[0]}"
        )
    for name in names:
        if holds := _taken_by(project.run(name)):
            complaints.add(
                f"{project.run(name)} holds {holds}, so that the average needs another name; "
                f"{_how_renamed(name, seeds, renamed=renamed)}"
            )
    complaints.raise_if_any(UsageError)


def _taken_by(folder: Path) -> str:
    """What stands where an average is to be; empty where nothing, or such an average, does."""
    if not is_ensemble(folder):
        return "a run of one seed" if any(folder.glob("[!.]*")) else ""
    return "" if read_ensemble(folder).seeds else "an ensemble of other runs"


def _how_renamed(name: str, seeds: Sequence[int], *, renamed: bool) -> str:
    if renamed:
        return "give it one with --name"
    listing = ",".join(map(str, seeds))
    return (
        f"copy the experiment under another name, or average it by itself with: "
        f"foldwise train {name} --seeds {listing} --name OTHER"
    )


def seed_requests(
    project: Project, request: RunRequest, seeds: Sequence[int]
) -> dict[int, RunRequest]:
    """One request a seed, each with its own settings and name."""
    names = {seed: seed_run_name(request.name, seed) for seed in seeds}
    modes = _modes(project, request.mode, names)
    return {
        seed: replace(
            request,
            name=name,
            settings=request.settings.model_copy(update={"seed": seed}),
            mode=modes[seed],
        )
        for seed, name in names.items()
    }


def _modes(project: Project, mode: Mode, names: dict[int, str]) -> dict[int, Mode]:
    """How each run begins: one that is to be resumed may have been stopped before the others."""
    begun = {seed for seed, name in names.items() if (project.run(name) / MANIFEST).is_file()}
    if mode != "resume" or not begun:
        return dict.fromkeys(names, mode)
    return {seed: "resume" if seed in begun else "auto" for seed in names}


def _fold_seconds(state: RunState) -> list[float]:
    results = sorted(state.folder.glob(f"fold-*/{RESULT}"))
    return [read_record(path, FoldResult).seconds for path in results]


def _spreads(states: dict[int, RunState]) -> dict[str, Spread]:
    scores = [state.scores.scores for state in states.values() if state.scores is not None]
    shared = [metric for metric in scores[0] if all(metric in of for of in scores)]
    values = {metric: [of[metric].value for of in scores] for metric in shared}
    return {metric: Spread(fmean(of), stdev(of)) for metric, of in values.items()}
