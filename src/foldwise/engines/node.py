"""A worker on another machine: the files it needs are brought, what it writes is sent back.

Nothing here knows how the machines talk to each other.
"""

import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import foldwise
from foldwise.encoders import BROUGHT
from foldwise.engines.outbox import Outbox
from foldwise.engines.parcels import Event
from foldwise.errors import AGAIN, StorageError
from foldwise.storage import sha256_of_file, write_atomically
from foldwise.training.engine import Message, WorkerTask
from foldwise.training.worker_process import LocalProcess

COLLECT_SECONDS = 1.0
STORE = Path(tempfile.gettempdir()) / f"foldwise-{os.getuid()}"
ENCODERS = ".encoders"  # below the worker's root


@dataclass(frozen=True)
class Wanted:
    """A file that a worker needs: its path below the root, and the SHA-256 of its bytes."""

    path: str
    sha256: str


class Said(NamedTuple):
    """A worker's message."""

    message: Message


class Over(NamedTuple):
    """A worker has ended."""

    exit_code: int


class NodeWorker:
    """One worker, in a folder of its own on this machine.

    What is brought is kept by its hash, so that it comes to a machine once, whoever needs it.

    Args:
        store: of everything on this machine.

    Raises:
        StorageError: the store is somebody else's.
    """

    def __init__(self, store: Path = STORE) -> None:
        _make_private(store)
        self._blobs, self._cache = store / "blobs", store / "cache"
        (store / "work").mkdir(parents=True, exist_ok=True)
        _sweep(store / "work")
        self._root = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=store / "work"))
        self._outbox = Outbox(self._root)
        self._process: LocalProcess | None = None
        self._started = threading.Event()

    def lacking(self, hashes: Iterable[str]) -> list[str]:
        """Those of the hashes whose bytes are not on this machine."""
        return [sha256 for sha256 in hashes if not (self._blobs / sha256).is_file()]

    def keep(self, sha256: str, pieces: Iterable[bytes]) -> None:
        """Keep a file's bytes.

        Raises:
            StorageError: the disk is full, or they have another hash.
        """

        def write(aside: Path) -> None:
            with aside.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
            if sha256_of_file(aside) != sha256:
                raise StorageError(f"{sha256} arrived with other bytes; {AGAIN}")

        write_atomically(self._blobs / sha256, write)

    def place(self, files: Sequence[Wanted], writes: Sequence[str]) -> None:
        """Put kept files where the worker looks for them; send back what changes in `writes`.

        What it wrote for an earlier job has been sent and is removed: the models of a study's
        trials would fill the disk.
        """
        for folder in self._outbox.leave():
            if folder.as_posix() not in writes:
                shutil.rmtree(self._root / folder, ignore_errors=True)
        for wanted in files:
            path, blob = self._root / wanted.path, self._blobs / wanted.sha256
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if any(Path(folder) in Path(wanted.path).parents for folder in writes):
                shutil.copyfile(blob, path)  # it may be added to, as a journal is
            else:
                os.link(blob, path)
        self._outbox.watch([Path(folder) for folder in writes])

    def run(self, task: WorkerTask) -> Iterator[Event | Said | Over]:
        """Run the worker: what it says, after what it wrote before saying it."""
        self._process = LocalProcess(task.command_at(self._root), self._environment())
        self._started.set()
        heard: SimpleQueue[Message | None] = SimpleQueue()
        threading.Thread(target=_listen, args=(self._process, heard), daemon=True).start()
        try:
            while True:
                try:
                    message = heard.get(timeout=COLLECT_SECONDS)
                except Empty:
                    yield from self._outbox.changes()
                    continue
                yield from self._outbox.changes()
                if message is None:
                    break
                yield Said(message)
            yield Over(self._process.exit_code())
        finally:
            self._process.stop()
            shutil.rmtree(self._root, ignore_errors=True)

    def say(self, message: Mapping[str, Any]) -> None:
        """Say something to the worker, once it is there."""
        self._running().say(message)

    def stop(self) -> None:
        """Ask the worker to save its work and leave."""
        self._running().stop()

    def close(self) -> None:
        """Let the worker know that nothing more will be said."""
        self._running().close()

    def _running(self) -> LocalProcess:
        self._started.wait()
        if self._process is None:
            raise ValueError("what was started is there")
        return self._process

    def _environment(self) -> dict[str, str]:
        """This process's own, so that the worker has the same code, GPU and libraries."""
        code = str(Path(foldwise.__file__).parents[1])
        path = os.pathsep.join([code, *filter(None, [os.environ.get("PYTHONPATH")])])
        return {
            **os.environ,
            "PYTHONPATH": path,
            "FOLDWISE_CACHE": str(self._cache),
            BROUGHT: str(self._root / ENCODERS),
        }


def _make_private(store: Path) -> None:
    """Let nobody else put anything into the store, whose files are trusted by their names alone.

    Raises:
        StorageError: somebody else has made it: names in a folder for all can be guessed.
    """
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = store.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise StorageError(
            f"workers keep files in a folder of this user's, but {store} belongs to user "
            f"{found.st_uid} or is a link; remove it on that machine, or set TMPDIR before `ray "
            f"start`"
        )
    store.chmod(0o700)


def _sweep(work: Path) -> None:
    """Remove the folders of processes that are gone: nobody collects what is in them any more."""
    for folder in work.iterdir():
        if not Path("/proc", folder.name.partition("-")[0]).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _listen(process: LocalProcess, heard: "SimpleQueue[Message | None]") -> None:
    try:
        for message in process.messages():
            heard.put(message)
    finally:
        heard.put(None)
