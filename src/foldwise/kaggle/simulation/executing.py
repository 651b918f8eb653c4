"""One session: a tree for `/kaggle`, a fresh Python, the notebook run to its end, what is left."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from foldwise.competition.loading import LoadedCompetition
from foldwise.errors import FoldFailed, UsageError
from foldwise.kaggle.simulation import blocked_network, probes
from foldwise.kaggle.simulation.case_rows import CaseRows
from foldwise.kaggle.simulation.cases import Case, Gpus
from foldwise.kaggle.simulation.environment import kernel_environment, make_python
from foldwise.kaggle.simulation.input_tree import InputTree, make_tree, set_rights
from foldwise.kaggle.simulation.isolation import DESCRIBED, Heard, Isolation, run_isolated
from foldwise.kaggle.simulation.job import Job, Session, read_session
from foldwise.kaggle.simulation.kernel_folder import KernelFolder
from foldwise.kaggle.simulation.outcome import Outcome, packages_of, report_in

LONGEST_PATH = 80  # https://man7.org/linux/man-pages/man7/unix.7.html allows 107 in all
NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}
GPU_VARIABLES: dict[Gpus, dict[str, str]] = {
    "machine": {},
    "none": NO_GPU,
    "two simulated": {**NO_GPU, "FOLDWISE_SIMULATED_GPUS": "2"},
}
MEDDLING = """# what the simulation tries: no input may be written to
import os
for place, _, _ in os.walk({folder!r}):
    try:
        open(os.path.join(place, "written"), "w").close()
    except OSError as error:
        print(place, error.strerror)
"""


@dataclass(frozen=True)
class TrainedHere:
    """A run of the project.

    Attributes:
        oof: its out-of-fold predictions.
        seconds: that its training took, all folds together.
    """

    oof: Path
    seconds: float


@dataclass(frozen=True)
class Stage:
    """What all sessions of a simulation share.

    Attributes:
        kernel: as built.
        loaded: its competition in the project, with the public files.
        isolation: which.
        seconds: after which a notebook is stopped.
        hidden: folders of this machine that no kernel may see.
        trained: the run that the kernel was built from; None where it is not here.
    """

    kernel: KernelFolder
    loaded: LoadedCompetition
    isolation: Isolation
    seconds: float
    hidden: tuple[str, ...]
    trained: TrainedHere | None


@dataclass(frozen=True)
class Played:
    """A session that has ended, with the files it found."""

    outcome: Outcome
    tree: InputTree
    executed: Path


def execute(
    stage: Stage,
    case: Case,
    rows: CaseRows,
    folder: Path,
    heard: Heard,
    previous: Path | None = None,
) -> Played:
    """The session of a case, played in the new folder `folder`, which the caller removes.

    Args:
        stage: what all sessions share.
        case: what to simulate.
        rows: of the test.
        folder: of this session alone.
        heard: is told how far the notebook is.
        previous: the output of the session before, where there was one.
    """
    folder.mkdir()
    linked = stage.isolation == "namespaces"
    competition = stage.loaded.competition
    tree = make_tree(
        folder / "kaggle", stage.kernel, competition, case, rows, previous=previous, linked=linked
    )
    job = _job(stage, case, folder)
    shutil.copyfile(stage.kernel.notebook, job.notebook)
    shutil.copyfile(probes.__file__, job.path("probes.py"))
    with _read_only(tree, enforced=not linked):
        errors = run_isolated(job, stage.isolation, heard)
    return Played(_outcome(stage.isolation, job, tree, errors), tree, job.executed)


def _outcome(isolation: Isolation, job: Job, tree: InputTree, errors: str) -> Outcome:
    """What a job that has ended left.

    Raises:
        FoldFailed: the notebook was not even started.
    """
    session = _session(job)
    if session is None and not job.executed.is_file():
        raise FoldFailed(
            f"the notebook must be started ({DESCRIBED[isolation]}), but its process "
            f"ended before: {errors.strip()}; try --isolation folder"
        )
    working = tree.folder / "working"
    return Outcome(
        session=session,
        isolation=isolation,
        errors=errors,
        working=working,
        report=report_in(working),
        packages=packages_of(job),
        changes=tuple(tree.changes()),
        damaged=tree.damaged,
    )


def _job(stage: Stage, case: Case, folder: Path) -> Job:
    tree = folder / "kaggle"
    root = "/kaggle" if stage.isolation == "namespaces" else str(tree)
    python = make_python(folder)
    own = dict(GPU_VARIABLES[case.gpus])
    if case.rerun:
        own["KAGGLE_IS_COMPETITION_RERUN"] = "1"
    if case.budget is not None:
        own["FOLDWISE_KERNEL_SECONDS"] = f"{case.budget:g}"
    if stage.isolation == "folder":
        own |= {"FOLDWISE_KAGGLE_ROOT": root, "PYTHONPATH": str(_blocked(folder))}
    return Job(
        folder=str(folder),
        tree=str(tree),
        root=root,
        python=str(python),
        environment=kernel_environment(folder, python, **own),
        seconds=stage.seconds,
        hidden=stage.hidden,
        meddling=MEDDLING.format(folder=f"{root}/input") if case.written_into else "",
        sockets="/sockets" if stage.isolation == "namespaces" else _sockets(folder),
    )


def _sockets(folder: Path) -> str:
    """A folder in `folder` whose path leaves room for the name of a socket.

    Raises:
        UsageError: it does not.
    """
    if len(str(folder)) > LONGEST_PATH:
        raise UsageError(
            f"a socket's path has about 100 characters at most, but {folder} has "
            f"{len(str(folder))} already; set TMPDIR to a folder with a shorter path"
        )
    return str(folder)


def _blocked(folder: Path) -> Path:
    """A folder for the kernel's path; every Python that has it there finds no network."""
    place = folder / "blocked"
    place.mkdir()
    shutil.copyfile(blocked_network.__file__, place / "sitecustomize.py")
    return place


def _session(job: Job) -> Session | None:
    try:
        return read_session(job)
    except FileNotFoundError:
        return None


@contextmanager
def _read_only(tree: InputTree, *, enforced: bool) -> Iterator[None]:
    """Let nobody write into the inputs, where no namespace sees to it."""
    inputs = tree.folder / "input"
    if enforced:
        set_rights(inputs, writable=False)
    try:
        yield
    finally:
        if enforced:  # what nobody may write, nobody can remove
            set_rights(inputs, writable=True)
