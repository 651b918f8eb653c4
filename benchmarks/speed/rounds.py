"""Rounds of the benchmark: every contestant once a round, each in a process of its own."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, NamedTuple

from speed.measurement import AnyMeasurement, measurement_from
from speed.task import Contestant, Task

BENCHMARKS = Path(__file__).resolve().parents[1]


class Job(NamedTuple, Generic[AnyMeasurement]):
    """What every contestant does: the name of the work in `speed.process`, and what it gives."""

    work: str
    task: Task
    measurement: type[AnyMeasurement]


@dataclass
class Line(Generic[AnyMeasurement]):
    """A contestant and what was measured of it, one measurement a round.

    Attributes:
        fault: why it has none, in words; empty if nothing went wrong.
    """

    contestant: Contestant
    measured: list[AnyMeasurement] = field(default_factory=list)
    fault: str = ""


def run_rounds(
    job: Job[AnyMeasurement],
    contestants: Sequence[Contestant],
    rounds: int,
    say: Callable[[str], None],
) -> list[Line[AnyMeasurement]]:
    """The lines of the table, in the order of `contestants`.

    Rounds are interleaved, since the speed of a shared machine drifts, and every other one runs
    backwards. A contestant that fails takes no part in later rounds.
    """
    lines = [Line[AnyMeasurement](contestant) for contestant in contestants]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task.json"
        job.task.write(path)
        for number, line in turns(lines, rounds):
            if not line.fault:
                _measure(line, path, job, number)
                told = line.fault or line.measured[-1].told()
                say(f"{job.work}, round {number + 1} of {rounds}: {line.contestant.label}: {told}")
    return lines


def turns(
    lines: Sequence[Line[AnyMeasurement]], rounds: int
) -> Iterator[tuple[int, Line[AnyMeasurement]]]:
    """Each round's number with each line; every other round runs backwards."""
    for number in range(rounds):
        for line in lines if number % 2 == 0 else reversed(lines):
            yield number, line


def _measure(line: Line[AnyMeasurement], path: Path, job: Job[AnyMeasurement], seed: int) -> None:
    python = line.contestant.python or sys.executable
    command = [python, "-m", "speed.process", job.work, str(path)]
    done = subprocess.run(
        [*command, line.contestant.to_json(), str(seed)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(job.task),
    )
    if done.returncode == 0:
        line.measured.append(measurement_from(done.stdout.splitlines()[-1], job.measurement))
        return
    sys.stderr.write(done.stderr)
    line.fault = ending(done.returncode)


def environment(task: Task) -> dict[str, str]:
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


def ending(code: int) -> str:
    """How a process with this exit status ended, in words."""
    if code >= 0:
        return f"ended with exit status {code}"
    return f"was killed by {signal.Signals(-code).name}"
