"""Machines that are lost when a test says so: no cluster, the workers are processes here."""

import os
import threading
import time
from collections.abc import Iterator

from foldwise.errors import FoldFailed
from foldwise.settings import Hardware
from foldwise.training.engine import Files, Message, WorkerTask
from foldwise.training.local_engine import LocalEngine
from foldwise.training.worker_process import LocalProcess

POLL_SECONDS = 0.02


class FakeCluster(LocalEngine):
    """Machines with a place each.

    Args:
        machines: how many there are.
        notices_after: seconds that one which is lost still counts for.
    """

    is_here = False

    def __init__(self, machines: int, notices_after: float = 0.0) -> None:
        self.machines, self.counted = machines, machines
        self.fault: Exception | None = None  # met by whoever brings something to a worker
        self._notices_after = notices_after
        self._workers: list[FakeProcess] = []

    def places(self, _hardware: Hardware) -> int:
        return self.counted

    def check(self, _hardware: Hardware, count: int) -> None:
        assert count <= self.machines

    def start(self, task: WorkerTask, _slot: int, _hardware: Hardware) -> "FakeProcess":
        self._workers.append(FakeProcess(task, self))
        return self._workers[-1]

    def lose_one(self) -> None:
        """As if the power of the newest worker's machine were cut."""
        self.machines -= 1
        threading.Timer(self._notices_after, self._notice).start()
        next(w for w in reversed(self._workers) if w.has_machine and not w.over.is_set()).kill()

    def free(self) -> int:
        """Machines without a worker."""
        return self.machines - sum(w.has_machine and not w.over.is_set() for w in self._workers)

    def wait_for_free(self, machines: int) -> None:
        while self.free() != machines:
            time.sleep(POLL_SECONDS)

    def _notice(self) -> None:
        self.counted = self.machines


class FakeProcess(LocalProcess):
    """A worker that waits for a machine, as one on a cluster does."""

    has_machine = False

    def __init__(self, task: WorkerTask, cluster: FakeCluster) -> None:
        super().__init__(task.command_at(task.root), os.environ)
        self.over = threading.Event()
        self._cluster, self._settled, self._asked_to_stop = cluster, threading.Event(), False

    def messages(self) -> Iterator[Message]:
        try:
            while self._cluster.free() < 1:
                if self._asked_to_stop:
                    return
                if not self._cluster.machines:
                    raise FoldFailed("no machine can hold a worker any more")
                time.sleep(POLL_SECONDS)
            self.has_machine = True
            self._settled.set()
            yield from super().messages()
        finally:
            self.kill()
            self.over.set()
            self._settled.set()

    def bring(self, _files: Files) -> None:
        self._settled.wait()
        if self._cluster.fault is not None:
            raise self._cluster.fault

    def stop(self) -> None:
        self._asked_to_stop = True
        super().stop()

    def kill(self) -> None:
        self._process.kill()
