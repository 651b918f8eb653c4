"""Folds in parallel: one worker a fold; the results are those of one process."""

import threading
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue

from foldwise import errors
from foldwise.encoders import EncoderFiles
from foldwise.errors import FoldFailed, FoldwiseError, FoldwiseWarning, StorageError
from foldwise.journal import FILE as JOURNAL
from foldwise.journal import Journal
from foldwise.settings import Settings
from foldwise.training.budget import TimeBudget
from foldwise.training.engine import PYTHON, ROOT, Engine, Files, WorkerProcess, WorkerTask
from foldwise.training.progress import Progress, Report
from foldwise.training.sharing import Sharing
from foldwise.training.stopping import StopRequest

POLL_SECONDS = 0.2
ATTEMPTS = 2  # a killed worker is tried once more, from its checkpoint
COMMAND = (PYTHON, "-m", "foldwise.training.worker", ROOT)


@dataclass(frozen=True)
class RunFiles:
    """A run whose folds are to be trained, and what a worker needs for that.

    Attributes:
        root: of the project.
        run: its name.
        settings: with the hardware resolved.
        encoder: the pretrained files; None where the run needs none.
    """

    root: Path
    run: str
    settings: Settings
    encoder: EncoderFiles | None

    @property
    def folder(self) -> Path:
        """`runs/<run>`, below the root."""
        return Path("runs") / self.run

    def task(self, fold: int) -> WorkerTask:
        """The worker of one fold."""
        files = Files(
            reads=(
                *files_of_competition(self.settings.competition),
                self.folder / "settings.toml",
                self.folder / "manifest.json",
            ),
            writes=(self.folder / f"fold-{fold}",),
            encoders=() if self.encoder is None else (self.encoder,),
        )
        return WorkerTask((*COMMAND, self.run, str(fold)), self.root, files)


def files_of_competition(name: str) -> tuple[Path, ...]:
    """What every worker reads of a competition, below the project's root."""
    return (Path("input") / name, Path("folds") / f"{name}.csv")


def default_workers(chosen: Settings, engine: Engine) -> int:
    """How many folds to train at once: as many as the engine has places for."""
    if chosen.kind == "tfidf":
        return 1  # a fold takes seconds, hardly more than a process takes to start
    return engine.places(chosen.hardware)


class Workers:
    """Trains the folds of one run, `count` at a time."""

    def __init__(
        self,
        engine: Engine,
        run: RunFiles,
        count: int,
        budget: TimeBudget,
        report: Report,
        stop: StopRequest,
    ) -> None:
        engine.check(run.settings.hardware, count)
        self._engine, self._run, self._budget = engine, run, budget
        self._journal = Journal(run.root / run.folder / JOURNAL)
        self._disk_failed = False
        self._report, self._stop = report, stop
        self._count = count
        hardware = run.settings.hardware
        gpus = engine.gpus(hardware)
        self._sharing = Sharing(gpus, count, hardware.jobs_per_gpu) if gpus else None
        self._deciding = threading.Lock()
        self._slots: SimpleQueue[int] = SimpleQueue()
        for slot in range(count) if self._sharing is None else self._sharing.open:
            self._slots.put(slot)

    def train(self, folds: Sequence[int]) -> None:
        """Train all `folds`; what failed is raised once the others have ended.

        Raises:
            FoldFailed, StorageError, UsageError, DataError: all failures, as the first one's kind.
            Interrupted: a stop was asked for; every worker has saved its work.
        """
        with ThreadPoolExecutor(self._count) as pool:
            failures = [failure for failure in pool.map(self._attempt, folds) if failure]
        self._stop.raise_if_asked()
        if failures:
            complaints = [text for failure in failures for text in failure.complaints]
            raise type(failures[0])(*dict.fromkeys(complaints))

    def _attempt(self, fold: int) -> FoldwiseError | None:
        for attempt in range(1, ATTEMPTS + 1):
            slot = self._slots.get()
            try:
                if self._stop.asked or self._disk_failed or not self._budget.allows_another():
                    return None
                with self._budget.timed():
                    code, failure = self._worker(fold, slot)
            except FoldwiseError as error:  # of this fold alone; the others go on
                code, failure = error.exit_code, error
            finally:
                self._give_back(slot)
            self._disk_failed |= isinstance(failure, StorageError)
            if failure is not None or code == 0 or self._stop.asked:
                return failure
            self._journal.write("worker died", fold=fold, exit_code=code)
            told = f"(exit code {code}; a negative one is a signal)"
            if attempt < ATTEMPTS:
                warnings.warn(
                    FoldwiseWarning(
                        f"the worker of fold {fold} died {told}; another one goes on from "
                        f"its newest checkpoint"
                    ),
                    stacklevel=1,
                )
        return FoldFailed(
            f"the worker of fold {fold} died {ATTEMPTS} times {told}; if it was killed for its "
            f"memory, use fewer --workers"
        )

    def _give_back(self, slot: int) -> None:
        """Let another worker have a slot, unless its GPU is to have fewer."""
        if self._sharing is None:
            self._slots.put(slot)
            return
        with self._deciding:
            if self._sharing.is_kept(slot, time.monotonic()):
                self._slots.put(slot)

    def _share_more(self, slot: int, progress: Progress) -> None:
        """Let a GPU have one worker more, where the ones it has show that this gains."""
        if self._sharing is None:
            return
        with self._deciding:
            trial, opened = self._sharing.note(slot, progress, time.monotonic())
            if trial is not None:
                gpu = slot % len(self._sharing.gpus)
                self._journal.write("jobs per gpu", gpu=gpu, **asdict(trial))
            for other in opened:
                self._slots.put(other)

    def _worker(self, fold: int, slot: int) -> tuple[int, FoldwiseError | None]:
        """Exit code and failure of one worker."""
        process = self._engine.start(self._run.task(fold), slot, self._run.settings.hardware)
        ended = threading.Event()
        threading.Thread(target=self._pass_stop_on, args=(process, ended), daemon=True).start()
        try:
            failure = self._heard(process, slot)
        except BaseException:  # whatever went wrong here, no worker is left behind
            process.stop()
            raise
        finally:
            process.close()
            code = process.exit_code()
            ended.set()
        return code, failure

    def _heard(self, process: WorkerProcess, slot: int) -> FoldwiseError | None:
        """Report what the worker tells until it ends; the failure it told of, if any."""
        failure: FoldwiseError | None = None
        for message in process.messages():
            if "note" in message:
                warnings.warn(FoldwiseWarning(message["note"]), stacklevel=1)
            elif "progress" in message:
                progress = Progress(**message["progress"])
                self._share_more(slot, progress)
                self._report(progress)
            else:
                kind = getattr(errors, message["error"])
                failure = None if kind is errors.Interrupted else kind(*message["complaints"])
        return failure

    def _pass_stop_on(self, process: WorkerProcess, ended: threading.Event) -> None:
        while not ended.wait(POLL_SECONDS):
            if self._stop.asked:
                process.stop()
                return
