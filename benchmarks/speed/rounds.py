"""Rounds of the benchmark: every contestant once a round, each in a process of its own."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from speed.measurement import Measurement, measurement_from
from speed.task import Contestant, Task

BENCHMARKS = Path(__file__).resolve().parents[1]


@dataclass
class Line:
    """A contestant and what was measured of it, one measurement a round.

    Attributes:
        fault: why it has none, in words; empty if nothing went wrong.
    """

    contestant: Contestant
    measured: list[Measurement] = field(default_factory=list)
    fault: str = ""


def run_rounds(
    task: Task, contestants: Sequence[Contestant], rounds: int, say: Callable[[str], None]
) -> list[Line]:
    """The lines of the table, in the order of `contestants`.

    Rounds are interleaved, since the speed of a shared machine drifts, and every other one runs
    backwards. A contestant that fails takes no part in later rounds.
    """
    lines = [Line(contestant) for contestant in contestants]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task.json"
        task.write(path)
        for number, line in _turns(lines, rounds):
            if not line.fault:
                _measure(line, path, task, number)
                say(f"round {number + 1} of {rounds}: {line.contestant.label}: {_told(line)}")
    return lines


def _turns(lines: Sequence[Line], rounds: int) -> Iterator[tuple[int, Line]]:
    for number in range(rounds):
        for line in lines if number % 2 == 0 else reversed(lines):
            yield number, line


def _measure(line: Line, path: Path, task: Task, seed: int) -> None:
    command = [sys.executable, "-m", "speed.process", str(path)]
    done = subprocess.run(
        [*command, line.contestant.to_json(), str(seed)],
        capture_output=True,
        text=True,
        check=False,
        env=_environment(task),
    )
    if done.returncode == 0:
        line.measured.append(measurement_from(done.stdout.splitlines()[-1]))
        return
    sys.stderr.write(done.stderr)
    line.fault = _ending(done.returncode)


def _environment(task: Task) -> dict[str, str]:
    """This process's environment: as many threads for each library, one GPU, no network."""
    counts = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    chosen = dict.fromkeys(counts, str(task.threads)) | {
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "true",
        "PYTHONPATH": os.pathsep.join([str(BENCHMARKS), os.environ.get("PYTHONPATH", "")]),
    }
    if task.device == "cuda":  # the Trainer would split each batch over all of them
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
        chosen["CUDA_VISIBLE_DEVICES"] = visible.split(",")[0]
    return os.environ | chosen


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit status {code}"
    return f"was killed by {signal.Signals(-code).name}"


def _told(line: Line) -> str:
    if line.fault:
        return line.fault
    latest = line.measured[-1]
    speed = latest.tokens / latest.seconds
    projected = " (projected)" if latest.taken < latest.steps else ""
    waited = "" if latest.waited is None else f", in line for cores {latest.waited:.1%} of the time"
    return f"{latest.seconds:.1f} s{projected}, {speed:,.0f} tokens/s{waited}"
