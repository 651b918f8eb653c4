"""The memory of a process and all it started, together."""

import subprocess
import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType

EVERY_SECONDS = 0.25
PROC = Path("/proc")


class PeakMemory:
    """Watches a process and its descendants until it is left.

    Pages that several of them share are shared out between them (PSS), so none counts twice. What
    lives for less than a quarter of a second may be missed.
    https://docs.kernel.org/filesystems/proc.html, smaps_rollup

    Attributes:
        peak_bytes: the most they held at once; None where the system does not tell.
    """

    def __init__(self, pid: int, device: str) -> None:
        self._pid, self._device = pid, device
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_bytes: int | None = None

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            held = gpu_bytes() if self._device == "cuda" else tree_bytes(self._pid)
            if held is not None:
                self.peak_bytes = max(self.peak_bytes or 0, held)


def tree_bytes(pid: int) -> int | None:
    """Bytes of memory of a process and all its descendants; None where there is no /proc."""
    if not (PROC / "self" / "smaps_rollup").exists():
        return None
    children = _children()
    waiting, total = [pid], 0
    while waiting:
        one = waiting.pop()
        waiting += children.get(one, [])
        total += _shared_out_bytes(one)
    return total


def gpu_bytes() -> int | None:
    """Bytes of the first GPU's memory that all programs use; None where nvidia-smi is absent."""
    command = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return int(done.stdout.splitlines()[0]) * 2**20


def _children() -> dict[int, list[int]]:
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            # "pid (name) state parent ...": a name may hold anything, brackets too
            fields = _read(entry / "stat").rpartition(")")[2].split()
            if fields:
                children[int(fields[1])].append(int(entry.name))
    return children


def _shared_out_bytes(pid: int) -> int:
    for line in _read(PROC / str(pid) / "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    """The file's text; empty once its process is gone."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
