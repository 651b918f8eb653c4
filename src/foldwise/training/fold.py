"""One fold of a run as a job: everything it needs to know, and where it writes."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from foldwise.encoders import EncoderFiles
from foldwise.errors import AGAIN, StorageError
from foldwise.locks import only_driver_of
from foldwise.settings import Settings
from foldwise.training.checkpoint import remove_checkpoints
from foldwise.training.corpus import Corpus
from foldwise.training.fold_result import FoldOutcome, finished_outcome, write_outcome
from foldwise.training.progress import Progress, Report
from foldwise.training.stopping import StopRequest
from foldwise.training.team import ALONE, Team
from foldwise.training.watching import Watch

WAIT_SECONDS = 60.0
SHARED = ".shared"  # in the run's folder, until all folds have finished


@dataclass(frozen=True, eq=False)
class FoldJob:
    """One fold to train.

    Attributes:
        folder: `runs/<run>/fold-<k>`, where it writes.
        settings: with the hardware resolved.
        identity: a hash of settings, data, folds and code; checkpoints of another are refused.
        encoder: the pretrained files; None where the run needs none.
        token_cache: the folder of the token cache.
        watch: is shown each evaluation; None: nobody is.
        team: that trains it together.
    """

    folder: Path
    fold: int
    settings: Settings
    corpus: Corpus
    identity: str
    encoder: EncoderFiles | None
    token_cache: Path
    watch: Watch | None = None
    team: Team = ALONE

    @property
    def shared(self) -> Path:
        """What all folds of the run compute alike: written once, by the first that needs it."""
        return self.folder.parent / SHARED


def run_fold(job: FoldJob, report: Report, stop: StopRequest) -> FoldOutcome:
    """The outcome of one fold: read if it has finished, trained (on) if not.

    Raises:
        FoldFailed: it diverged.
        Interrupted: a stop was asked for, and everything is saved.
        StorageError: no room, or damaged files that nothing whole replaces.
        UsageError: another process trains this fold.
    """
    # a worker whose driver was killed may still be saving: it is waited for
    with only_driver_of(job.folder, wait_seconds=WAIT_SECONDS, give_up=lambda: stop.asked):
        stop.raise_if_asked()
        outcome = outcome_of(job)
        if outcome is None:
            outcome = _trained(job, report, stop)
        remove_checkpoints(job.folder)  # also those a kill left behind a finished fold
    report(Progress(job.fold, "done", 1, 1, outcome.result.score))
    return outcome


def outcome_of(job: FoldJob) -> FoldOutcome | None:
    """The outcome of a fold that has finished; None if it has not.

    Raises:
        StorageError: its files are not those it wrote, or it belongs to another run.
    """
    outcome = finished_outcome(job.folder)
    if outcome is not None and outcome.result.identity != job.identity:
        raise StorageError(
            f"{job.folder} belongs to another run (other settings, data, folds or code); to "
            f"train this fold, move that folder away, then {AGAIN}"
        )
    return outcome


def _trained(job: FoldJob, report: Report, stop: StopRequest) -> FoldOutcome:
    _sweep(job.folder)
    if job.settings.kind == "tfidf":
        from foldwise.training.tfidf_fold import train_tfidf_fold
        from foldwise.training.tfidf_model import MODEL_FILES

        outcome = train_tfidf_fold(job, report, stop)
        files = list(MODEL_FILES)
    else:
        from foldwise.training.encoder_fold import MODEL_FILE, train_encoder_fold

        outcome = train_encoder_fold(job, report, stop)
        files = [MODEL_FILE]
    result = write_outcome(job.folder, outcome, files)
    return replace(outcome, result=result)


def _sweep(folder: Path) -> None:
    """Remove what a killed process left half-written; whole files and checkpoints stay."""
    for path in [*folder.glob("ckpt-*.tmp"), *folder.glob(".*.tmp")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
