"""Runs the notebook of a job, cell by cell, in the kernel's own Python; a process of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from foldwise.kaggle.simulation.job import Job, Session, State, read_job, write_session
from foldwise.storage import write_text

PROBES = Path(__file__).with_name("probes.py")
WHERE_FROM = """import json, sys
print(json.dumps(str(getattr(sys.modules.get("foldwise"), "__file__", ""))))"""
START_SECONDS = 120


def run_job(job: Job) -> Session:
    """What became of the notebook; the executed one is kept, as far as it came."""
    write_text(job.executed, job.notebook.read_text(encoding="utf-8"))
    probes = _probed(job)
    began = time.monotonic()
    notebook = _notebook(job)
    manager = _kernel_manager(job)
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=max(1, round(job.seconds)),
        startup_timeout=START_SECONDS,
        resources={"metadata": {"path": f"{job.root}/working"}},
        allow_errors=False,
    )
    with client.setup_kernel(env=job.environment):
        state, error, cell = _run_cells(job, client, began)
        seconds = time.monotonic() - began
        where = "" if state in {"timed out", "died"} else _foldwise_of(client)
    return Session(state, error, cell, seconds, where, probes)


def _probed(job: Job) -> dict[str, str]:
    done = subprocess.run(
        [job.python, str(job.path("probes.py")), f"{job.root}/input"],
        env=job.environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=f"{job.root}/working",
    )
    seen: dict[str, str] = json.loads(done.stdout)
    return seen


def _notebook(job: Job) -> Any:
    notebook = nbformat.read(job.notebook, as_version=4)
    if job.meddling:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(job.meddling))
    return notebook


def _kernel_manager(job: Job) -> AsyncKernelManager:
    """Of a kernel that talks through files, since a network that is down lacks loopback too."""
    folder = job.path("kernels") / "kaggle"
    folder.mkdir(parents=True, exist_ok=True)
    launch = [job.python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": launch, "display_name": "Kaggle", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    return AsyncKernelManager(
        kernel_name="kaggle",
        transport="ipc",
        connection_file=f"{job.sockets}/kernel.json",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(job.path("kernels"))]),
    )


def _run_cells(job: Job, client: NotebookClient, began: float) -> tuple[State, str, int]:
    """How the cells ended: the state, the error, and the number of the cell that failed."""
    cells = client.nb.cells
    for i, cell in enumerate(cells):
        _say(cell=i + 1, cells=len(cells), title=_title(cell))
        client.timeout = max(1, round(job.seconds - (time.monotonic() - began)))
        try:
            client.execute_cell(cell, i, execution_count=client.code_cells_executed + 1)
        except CellTimeoutError:
            return "timed out", f"stopped after {job.seconds:.0f} seconds", i + 1
        except DeadKernelError:
            return "died", "the kernel died: it was killed, or ran out of memory", i + 1
        except CellExecutionError as error:
            return "failed", f"{error.ename}: {error.evalue}", i + 1
        finally:
            write_text(job.executed, nbformat.writes(client.nb))
    return "finished", "", 0


def _title(cell: Any) -> str:
    """The first line of a cell, without the signs of a heading or a comment."""
    return str(cell.source).strip().partition("\n")[0].lstrip("# ")


def _foldwise_of(client: NotebookClient) -> str:
    """The file of the Foldwise that the kernel has imported; asked in a cell that is not kept."""
    question = nbformat.v4.new_code_cell(WHERE_FROM)
    client.nb.cells.append(question)
    client.timeout = START_SECONDS
    try:
        client.execute_cell(question, len(client.nb.cells) - 1)
    except (CellExecutionError, CellTimeoutError, DeadKernelError):
        return ""
    finally:
        client.nb.cells.pop()
    said = "".join(o.text for o in question.outputs if o.output_type == "stream")
    return str(json.loads(said))


def _say(**event: object) -> None:
    """Tell the process that waits how far the notebook is."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


@contextmanager
def ended_with_parent() -> Iterator[None]:
    """End this process, and with it the kernel, once the one that waits is gone or says so.

    The one that waits holds the other end of standard input.
    """

    def watch() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=watch, daemon=True).start()
    yield


def main(path: str) -> None:
    """Run the job in the file `path`, and leave its session behind."""
    job = read_job(Path(path))
    with ended_with_parent():
        write_session(job, run_job(job))


if __name__ == "__main__":
    main(sys.argv[1])
