"""What a process in the sandbox is told, and what it leaves behind: two JSON files."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from foldwise.storage import read_record, write_json

State = Literal["finished", "failed", "timed out", "died"]


@dataclass(frozen=True)
class Job:
    """One execution of a notebook; paths are strings, as in the JSON.

    Attributes:
        folder: of this execution alone; removed afterwards.
        tree: what stands for `/kaggle`: `input/` and `working/`.
        root: where the kernel sees the tree: `/kaggle`, or the tree itself.
        python: the interpreter of the kernel.
        environment: the kernel's variables, all of them.
        seconds: after which the notebook is stopped.
        hidden: folders that the kernel must not see; only namespaces can hide them.
        meddling: code that stands before the first cell; empty: none.
        sockets: the folder through which notebook and kernel talk, as they see it.
    """

    folder: str
    tree: str
    root: str
    python: str
    environment: dict[str, str]
    seconds: float
    hidden: tuple[str, ...] = ()
    meddling: str = ""
    sockets: str = "/sockets"

    def path(self, name: str) -> Path:
        """The file `name` of this execution."""
        return Path(self.folder) / name

    @property
    def notebook(self) -> Path:
        """The notebook as it was built."""
        return self.path("notebook.ipynb")

    @property
    def executed(self) -> Path:
        """The notebook with its outputs, written after every cell."""
        return self.path("executed.ipynb")

    def write(self) -> Path:
        """The file that holds this job, written."""
        write_json(self.path("job.json"), asdict(self))
        return self.path("job.json")


def read_job(path: Path) -> Job:
    """The job in a file."""
    return read_record(path, Job)


@dataclass(frozen=True)
class Probes:
    """What a program saw that tried what a kernel must not do, before the notebook ran.

    Attributes:
        network: why no connection could be made; empty: one could be tried.
        writing: why nothing could be written into `input/`; empty: a file was written.
        foldwise: the file of a `foldwise` that was there without being installed; empty: none.
    """

    network: str
    writing: str
    foldwise: str


@dataclass(frozen=True)
class Session:
    """What became of the notebook.

    Attributes:
        state: "finished" if every cell ran to its end.
        error: of the cell that failed: the exception's name and words.
        cell: which one, from 1 among all cells; 0: none.
        seconds: from the start of the kernel to the last cell.
        foldwise: the file of the package that the kernel imported; empty: it imported none.
    """

    state: State
    error: str
    cell: int
    seconds: float
    foldwise: str
    probes: dict[str, str]

    @property
    def probed(self) -> Probes:
        """What the probes saw."""
        return Probes(**self.probes)


def write_session(job: Job, session: Session) -> None:
    """Leave `session` behind."""
    write_json(job.path("session.json"), asdict(session))


def read_session(job: Job) -> Session:
    """The session that a process left behind.

    Raises:
        FileNotFoundError: it was stopped before it could.
    """
    return read_record(job.path("session.json"), Session)
