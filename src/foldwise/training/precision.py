"""Number formats by hardware: what works here, and is fastest, by trying it."""

import json
import platform
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch

from foldwise.errors import UsageError
from foldwise.paths import cache_folder
from foldwise.settings import Device, Precision
from foldwise.storage import read_json, sha256_of_strings, write_json

PROBE_SECONDS = 120
WORTHWHILE = 1.1  # a reduced precision must be this much faster than fp32 to be chosen


class Probe(NamedTuple):
    """How long the probe's work took in each format, in seconds; None where it does not work."""

    fp32: float
    bf16: float | None


def fastest_precision(device: Device, threads: int) -> Precision:
    """The format to train in on this machine.

    On a GPU: bf16 where the hardware multiplies it natively (Ampere and newer), else fp16. On a CPU
    the same layer is trained in both formats in a process of its own: some machines announce AMX
    and die of an illegal instruction when it is used, others emulate bf16 slowly.
    """
    if device == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return "bf16" if native else "fp16"
    probe = probe_cpu(threads)
    if probe.bf16 is not None and probe.bf16 * WORTHWHILE < probe.fp32:
        return "bf16"
    return "fp32"


def probe_cpu(threads: int) -> Probe:
    """The probe's timings on this CPU; measured once a machine, torch version and thread count."""
    machine = sha256_of_strings(_cpu_model(), torch.__version__, str(threads))[:16]
    path = cache_folder("precision") / f"{machine}.json"
    if path.is_file():
        return Probe(**read_json(path))
    fp32 = _seconds("fp32", threads)
    if fp32 is None:
        raise UsageError(f"torch {torch.__version__} cannot multiply float32 matrices on this CPU")
    probe = Probe(fp32, _seconds("bf16", threads))
    write_json(path, probe._asdict())
    return probe


def _seconds(precision: Precision, threads: int) -> float | None:
    command = [sys.executable, "-m", "foldwise.training.precision_probe", precision, str(threads)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:  # so slow that it does not matter whether it works
        return None
    if done.returncode != 0:  # a negative one is a signal: SIGILL
        return None
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - not a project file
            lines = [line for line in file if line.startswith(("model name", "flags"))]
        return "".join(lines[:2])
    except OSError:
        return platform.processor()


def autocast(device: str, precision: Precision) -> AbstractContextManager[object]:
    """The context in which the forward pass runs; weights and optimizer stay float32."""
    if precision == "fp32":
        return nullcontext()
    dtype = torch.bfloat16 if precision == "bf16" else torch.float16
    return torch.autocast(device, dtype)
