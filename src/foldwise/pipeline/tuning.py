"""A study from its experiment to what is written of it."""

from dataclasses import dataclass
from pathlib import Path

from foldwise.errors import Interrupted, counted
from foldwise.locks import only_driver_of
from foldwise.paths import Project
from foldwise.pipeline.preparing import Say, prepare_encoders
from foldwise.pipeline.tuning_files import write_study
from foldwise.settings import Choices
from foldwise.training.stopping import StopRequest
from foldwise.tuning.database import study_file_explained
from foldwise.tuning.driving import Show
from foldwise.tuning.old_study import set_study_aside
from foldwise.tuning.plan import Plan, planned
from foldwise.tuning.request import TuneRequest
from foldwise.tuning.result import TuningResult, tuning_result
from foldwise.tuning.study import Study, drive, opened


@dataclass(frozen=True)
class Tuned:
    """A study, and the files that say what it found.

    Attributes:
        experiment: the best settings as an experiment; None where no trial has finished.
        notes: what a reader of the files should know.
    """

    result: TuningResult
    paths: list[Path]
    experiment: Path | None
    notes: list[str]


def tune(
    project: Project, request: TuneRequest, stop: StopRequest, *, say: Say, show: Show
) -> Tuned:
    """The study after training what is still to be trained, and its files.

    Raises:
        UsageError, DataError: see `planned`; nothing was trained. Or another process drives the
            study, or it was begun with something else.
        Interrupted: everything is saved; the same call goes on.
        FoldFailed: the first trials all failed, or none has finished.
        StorageError: no room, or the study's file cannot be used.
    """
    plan = planned(project, request)
    _prepare(plan, say)
    with only_driver_of(plan.folder), study_file_explained(plan.database):
        if request.fresh and (aside := set_study_aside(plan.folder)) is not None:
            say(f"the old study and its trials are kept in {aside}")
        study = opened(plan)
        try:
            drive(plan, request, study, stop, say=say, show=show)
        except Interrupted as stopped:
            raise _with_what_is_known(plan, study, stopped) from None
        return _written(plan, study)


def _written(plan: Plan, study: Study) -> Tuned:
    result = tuning_result(plan, study.ledger, study.judge, pruner=plan.pruner, level=plan.level)
    written = write_study(plan, study.ledger, result)
    return Tuned(result, written.paths, written.experiment, written.notes)


def _with_what_is_known(plan: Plan, study: Study, stopped: Interrupted) -> Interrupted:
    """The stop, with where the trials so far are shown; as it was where none has ended.

    It stays a stop whatever becomes of the page, for which there is another time.
    """
    if not (done := len(study.ledger.settled())):
        return stopped
    try:
        tuned = _written(plan, study)
    except Exception as error:  # noqa: BLE001  # see above
        return Interrupted(
            stopped.signal_number, f"{stopped}; its page could not be written: {error}"
        )
    return Interrupted(
        stopped.signal_number,
        f"{stopped}. What {counted(done, 'trial has', 'trials have')} shown so far is in "
        f"{tuned.paths[0]}",
    )


def _prepare(plan: Plan, say: Say) -> None:
    """Bring the encoders of all trials to this machine."""
    chosen = plan.settings(plan.defaults)
    settings = [chosen]
    for tunable in plan.experiment.ranges:
        if isinstance(tunable, Choices) and tunable.name == "encoder.name":
            settings += [
                chosen.model_copy(
                    update={"encoder": chosen.encoder.model_copy(update={"name": name})}
                )
                for name in tunable.choices
            ]
    prepare_encoders(settings, say)
