"""Workers that are forked from a process which has imported what they need, once for all tests.

A worker's own imports take longer than its work in a test. It is a process of its own all the same,
in which the worker's program begins anew: with its own standard input and output, environment and
session. That a worker is also found and begun by its command is tested where `LocalEngine` is.
"""

import multiprocessing
import os
import sys
import threading
import time
from importlib import import_module
from multiprocessing.connection import Connection

from foldwise.settings import Hardware
from foldwise.training.engine import WorkerTask
from foldwise.training.local_engine import LocalEngine
from foldwise.training.worker_process import LocalProcess

PRELOADED = (
    "foldwise.training.worker",
    "foldwise.training.encoder_fold",
    "foldwise.training.tfidf_fold",
    "foldwise.tuning.worker",
    "torch._dynamo",  # which an optimizer imports at its first step
    "transformers.models.bert.modeling_bert",
    "transformers.models.bert.tokenization_bert",
)
FORKING = multiprocessing.get_context("forkserver")
# a process that is begun asks all others how they ended; who asks second, at once, hears 255
ASKING = threading.Lock()
POLL_SECONDS = 0.01


class ForkedEngine(LocalEngine):
    """This machine; its workers are `python -m MODULE ARGUMENTS`, but forked."""

    def start(self, task: WorkerTask, slot: int, hardware: Hardware) -> LocalProcess:  # noqa: ARG002
        """A worker on the CPU."""
        _python, _m, module, *arguments = task.command_at(task.root)
        return _ForkedWorker(module, arguments)


class _ForkedWorker(LocalProcess):
    """As its base, but for how it begins."""

    def __init__(self, module: str, arguments: list[str]) -> None:
        self._process = _Forked(module, arguments)  # type: ignore[assignment]  # what is used of it
        self._speaking = threading.Lock()


class _Forked:
    """What `LocalProcess` uses of a `subprocess.Popen`."""

    def __init__(self, module: str, arguments: list[str]) -> None:
        hears, says = FORKING.Pipe(duplex=False), FORKING.Pipe(duplex=False)
        FORKING.set_forkserver_preload(list(PRELOADED))
        self._process = FORKING.Process(
            target=_begin, args=(module, arguments, dict(os.environ), hears[0], says[1])
        )
        with ASKING:
            self._process.start()
        for end in (hears[0], says[1]):  # or its input and output would never end
            end.close()
        self.stdin = os.fdopen(_taken(hears[1]), "w", encoding="utf-8")
        self.stdout = os.fdopen(_taken(says[0]), encoding="utf-8")

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        while (code := self._exit_code()) is None:
            time.sleep(POLL_SECONDS)
        return code

    def _exit_code(self) -> int | None:
        with ASKING:
            return self._process.exitcode


def _taken(end: Connection) -> int:
    """A file descriptor of its own for one end of a pipe."""
    taken = os.dup(end.fileno())
    end.close()
    return taken


def _begin(
    module: str,
    arguments: list[str],
    environment: dict[str, str],
    hears: Connection,
    says: Connection,
) -> None:
    """Be what `python -m module arguments` is."""
    os.environ.clear()
    os.environ.update(environment)
    os.setsid()
    for number, end in enumerate((hears, says)):
        os.dup2(end.fileno(), number)
        end.close()
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.argv = [module, *arguments]
    sys.exit(import_module(module).main(*arguments))
