"""Workers on a Ray cluster, one GPU or its share of cores each; no file system is shared.

The only file that imports Ray. https://docs.ray.io/en/latest/ray-core/actors.html
"""

import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from foldwise.encoders import EncoderFiles, brought_folder
from foldwise.engines.inbox import Inbox
from foldwise.engines.machines import described, needs_of, places_on
from foldwise.engines.node import ENCODERS, NodeWorker, Over, Said, Wanted
from foldwise.engines.parcels import PIECE_BYTES, files_in
from foldwise.errors import GOES_ON, FoldFailed, FoldwiseError, UsageError, counted
from foldwise.settings import Hardware
from foldwise.storage import sha256_of_file
from foldwise.training.engine import Files, Message, WorkerTask, too_many
from foldwise.training.hardware import resolved_hardware

try:
    import ray
    from ray.exceptions import RayActorError, RayError, RayTaskError
except ImportError:
    raise UsageError(
        "--engine ray needs Ray, which is not installed here; run: pip install 'foldwise[ray]'"
    ) from None

LOST, STOPPED = -9, 143  # exit codes of a worker whose machine is gone, and of one never begun
POLL_SECONDS = 0.5
PATIENCE = 60.0  # seconds that a cluster may be without a fitting machine
AHEAD = 4  # things sent that the driver has not taken: a checkpoint's pieces fill no memory
THREADS = 4  # of an actor: one runs the worker, the others hear what it is told


class RayEngine:
    """The machines of a Ray cluster.

    Args:
        address: of the cluster that this machine belongs to, such as "auto"; None: the cluster that
            RAY_ADDRESS names, or else a small one on this machine alone.

    Raises:
        UsageError: there is no cluster at the address, or this machine is only a client of it.
    """

    is_here = False

    def __init__(self, address: str | None = None) -> None:
        if (address or os.environ.get("RAY_ADDRESS", "")).startswith("ray://"):
            raise UsageError(
                f"workers send what they write as a stream, which a Ray client cannot take: got "
                f"--address {address}; run this on a machine of the cluster, with --address auto"
            )
        if not ray.is_initialized():
            try:
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise UsageError(
                    f"no Ray cluster at {address or 'this machine'}: {_first_line(error)}; start "
                    f"one with: ray start --head, and give --address auto"
                ) from error
        self._parcels = Parcels()

    def resolved(self, wanted: Hardware, folds: int) -> Hardware:
        """The hardware settings with every "auto" replaced by what the cluster's machines have.

        Raises:
            UsageError: a GPU was asked for, and no machine has one; or several workers on one.
        """
        if wanted.jobs_per_gpu != 1:
            raise UsageError(
                f"on a Ray cluster each worker has a GPU of its own, but hardware.jobs_per_gpu is "
                f"{wanted.jobs_per_gpu!r}: leave it 1"
            )
        _check_single(wanted)
        nodes = _nodes()
        gpus = sum(int(node.get("GPU", 0)) for node in nodes)
        device = ("cuda" if gpus else "cpu") if wanted.device == "auto" else wanted.device
        if device == "cuda" and not gpus:
            raise UsageError(
                f"hardware.device=cuda, but no machine of the Ray cluster has a GPU "
                f"({described(nodes)}); add one, or choose hardware.device=cpu"
            )
        cores = max((int(node.get("CPU", 0)) for node in nodes), default=1)
        every = sum(int(node.get("CPU", 0)) for node in nodes)
        threads = wanted.threads or max(1, min(cores, every // folds))
        needs = {"num_cpus": 0, "num_gpus": int(device == "cuda")}
        there = ray.remote(resolved_hardware).options(**needs)
        known = wanted.model_copy(update={"device": device, "threads": threads})
        try:
            found: Hardware = ray.get(there.remote(known, folds))
        except RayTaskError as error:
            raise _own(error) from None
        return found

    def gpu_fault(self) -> str | None:
        """Why a run that began on a GPU cannot go on here; None if it can."""
        nodes = _nodes()
        if any(node.get("GPU", 0) >= 1 for node in nodes):
            return None
        return f"no machine of the Ray cluster has a GPU ({described(nodes)})"

    def places(self, hardware: Hardware) -> int:
        """How many workers the cluster's machines feed at once."""
        return sum(places_on(node, hardware) for node in _nodes())

    def gpus(self, hardware: Hardware) -> int:  # noqa: ARG002
        """None that is shared: Ray gives each worker one."""
        return 0

    def check(self, hardware: Hardware, count: int) -> None:
        """Check that `count` workers have a place each: Ray would wait for ever without a word.

        Raises:
            UsageError: the cluster is too small, or a run that was begun elsewhere needs teams.
        """
        _check_single(hardware)
        places = self.places(hardware)
        if count > places:
            what = "a GPU" if hardware.device == "cuda" else counted(hardware.threads, "core")
            error = too_many(count, places, what)
            raise UsageError(f"{error}; the Ray cluster has {described(_nodes())}")

    def start(self, task: WorkerTask, slot: int, hardware: Hardware) -> "RayProcess":  # noqa: ARG002
        """A worker on the machine that Ray chooses."""
        return RayProcess(task, hardware, self._parcels)


class RayProcess:
    """A worker that runs in an actor of its own, which dies with its machine."""

    def __init__(self, task: WorkerTask, hardware: Hardware, parcels: "Parcels") -> None:
        self._task, self._hardware, self._parcels = task, hardware, parcels
        self._inbox = Inbox(task.root)
        self._actor: Any = _actor(hardware)
        self._placed, self._over = threading.Event(), threading.Event()
        self._asked_to_stop, self._has_machine = False, False
        self._code = LOST

    @property
    def has_machine(self) -> bool:
        """Whether Ray has found one for it."""
        return self._has_machine

    def messages(self) -> Iterator[Message]:
        """What it says, until it has ended; what it wrote before is then with the driver.

        Raises:
            FoldFailed: no machine that is left could ever hold it, or it could not begin there.
            StorageError: a disk is full, here or there.
        """
        begun = False
        try:
            if not self._begin():
                self._code = STOPPED
                return
            begun = True
            events = self._events()
            self._placed.set()
            if self._asked_to_stop:  # while its files were brought
                self._tell("stop")
            for event in events:
                if isinstance(event, Said):
                    yield event.message
                elif isinstance(event, Over):
                    self._code = event.exit_code
                else:
                    self._inbox.take(event)
        except RayTaskError as error:
            raise _own(error) from None
        except RayError as error:
            if not begun and not _is_lost(error):
                raise FoldFailed(
                    f"a worker could not begin on the Ray cluster: {_first_line(error)}; install "
                    f"the same foldwise on its machines, and {GOES_ON}"
                ) from error
            self._code = LOST  # its machine is gone, and with it what had not arrived
        finally:
            self._over.set()  # first: whoever waits for it must not wait for ever
            self._placed.set()
            with suppress(RayError, RuntimeError):  # the cluster is gone, too
                ray.kill(self._actor)
            self._inbox.discard()

    def say(self, message: Mapping[str, Any]) -> None:
        """Say something to it; nothing happens where it has ended."""
        self._tell("say", dict(message))

    def bring(self, files: Files) -> None:
        """Have further files at hand; what is written among them, and no others, comes back.

        Raises:
            StorageError: the disk there is full.
        """
        self._placed.wait()
        if self._over.is_set():
            return
        try:
            self._bring(files)
        except RayTaskError as error:
            raise _own(error) from None
        except RayError:  # `messages` ends, and says so
            return

    def stop(self) -> None:
        """Ask it to save its work and leave."""
        self._asked_to_stop = True
        if self._placed.is_set():
            self._tell("stop")

    def close(self) -> None:
        """Let it know that nothing more will be said, which ends an idle one."""
        self._asked_to_stop = True
        self._tell("close")

    def exit_code(self) -> int:
        """Its exit code, once it has ended."""
        self._over.wait()
        return self._code

    def _tell(self, method: str, *arguments: Any) -> None:
        self._placed.wait()
        if self._over.is_set():
            return
        try:
            ray.get(getattr(self._actor, method).remote(*arguments))
        except RayError:
            return

    def _begin(self) -> bool:
        """Wait until it is somewhere with its files; false where a stop was asked for before.

        A machine that is lost meanwhile is no death of the worker, which has done nothing yet: Ray
        goes on placing actors there until it notices.

        Raises:
            FoldFailed: see `_is_placed`.
        """
        since = time.monotonic()
        while True:
            try:
                self._has_machine = False
                placed = self._is_placed()
                if placed:
                    self._bring(self._task.files)
                return placed
            except RayError as error:
                if not _is_lost(error) or time.monotonic() - since > PATIENCE:
                    raise
                time.sleep(POLL_SECONDS)
                self._actor = _actor(self._hardware)

    def _is_placed(self) -> bool:
        """Wait until the actor runs somewhere; false where a stop was asked for before.

        Raises:
            FoldFailed: no machine could hold it, for a minute.
        """
        ready, since = self._actor.lacking.remote([]), time.monotonic()
        while not ray.wait([ready], timeout=POLL_SECONDS)[0]:
            if self._asked_to_stop:
                return False
            nodes = _nodes()
            if any(places_on(node, self._hardware) for node in nodes):
                since = time.monotonic()  # all are taken; one will be free
            elif time.monotonic() - since > PATIENCE:
                raise FoldFailed(
                    f"no machine of the Ray cluster can hold a worker any more "
                    f"({described(nodes)}); add machines, and {GOES_ON}"
                )
        ray.get(ready)
        self._has_machine = not self._asked_to_stop
        return self._has_machine

    def _bring(self, files: Files) -> None:
        wanted = self._parcels.of(self._task.root, files)
        hashes = {item.sha256 for item in wanted}
        for sha256 in ray.get(self._actor.lacking.remote(sorted(hashes))):
            ray.get(self._actor.keep_pieces.remote(sha256, self._parcels.pieces(sha256)))
        writes = [folder.as_posix() for folder in files.writes]
        self._inbox.watch(files.writes)
        ray.get(self._actor.place.remote(list(wanted), writes))

    def _events(self) -> Iterator[Any]:
        yield from _streamed(self._actor.run, self._task)


class Parcels:
    """The files that workers need, in Ray's object store: each once, by its hash."""

    def __init__(self) -> None:
        self._hashes: dict[tuple[Path, int, int], str] = {}
        self._paths: dict[str, Path] = {}
        self._pieces: dict[str, list[Any]] = {}
        self._lock = threading.Lock()

    def of(self, root: Path, files: Files) -> list[Wanted]:
        """All files that are there, by the path that a worker looks for them at."""
        folders = [*files.reads, *files.writes]
        found = [
            Wanted(path.relative_to(root).as_posix(), self._hash(path))
            for paths in files_in(root, folders).values()
            for path in paths
        ]
        return found + [item for encoder in files.encoders for item in self._of_encoder(encoder)]

    def pieces(self, sha256: str) -> list[Any]:
        """References to a file's bytes, in order."""
        with self._lock:
            if sha256 not in self._pieces:
                self._pieces[sha256] = [ray.put(data) for data in _read(self._paths[sha256])]
            return self._pieces[sha256]

    def _of_encoder(self, encoder: EncoderFiles) -> Iterator[Wanted]:
        below = brought_folder(Path(ENCODERS), encoder.name)
        for path in sorted(encoder.folder.iterdir()):
            if path.is_file() and path.suffix in {".json", ".txt", ".model", ".safetensors"}:
                yield Wanted((below / path.name).as_posix(), self._hash(path))

    def _hash(self, path: Path) -> str:
        stat = path.stat()
        key = (path, stat.st_size, stat.st_mtime_ns)
        with self._lock:
            if key not in self._hashes:
                self._hashes[key] = sha256_of_file(path)
            self._paths[self._hashes[key]] = path
            return self._hashes[key]


class _Actor(NodeWorker):
    """A worker of a machine, which fetches what it keeps from the object store."""

    def keep_pieces(self, sha256: str, pieces: Sequence[Any]) -> None:
        """Fetch a file's pieces, one at a time, and keep them."""
        self.keep(sha256, (ray.get(piece) for piece in pieces))


def _actor(hardware: Hardware) -> Any:
    kind = ray.remote(_Actor)
    needs = needs_of(hardware)
    return kind.options(
        num_cpus=needs["CPU"],
        num_gpus=needs.get("GPU", 0),
        max_concurrency=THREADS,
        max_restarts=0,  # the driver decides what is tried again, from which checkpoint
        scheduling_strategy="SPREAD",
    ).remote()


def _check_single(hardware: Hardware) -> None:
    if hardware.processes != 1:
        raise UsageError(
            f"on a Ray cluster each worker is one process, but hardware.processes is "
            f"{hardware.processes}: leave it 1, or use --engine local"
        )


def _streamed(method: Any, *arguments: Any) -> Iterator[Any]:
    """What an actor's generator yields, which waits where the driver is slower than it."""
    options = {"num_returns": "streaming", "_generator_backpressure_num_objects": AHEAD}
    for reference in method.options(**options).remote(*arguments):
        yield ray.get(reference)


def _nodes() -> list[dict[str, float]]:
    """The resources of each machine that is alive."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def _own(error: RayTaskError) -> BaseException:
    """What a worker's machine raised: an error of ours is told as it is, a bug with its frames."""
    return error.cause if isinstance(error.cause, FoldwiseError) else error


def _is_lost(error: RayError) -> bool:
    """Whether an actor has gone with its machine, rather than failed to be made there."""
    return isinstance(error, RayActorError) and not error.actor_init_failed


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(PIECE_BYTES):
            yield data


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
