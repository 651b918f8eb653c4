"""What computes in this session: each GPU that does a real operation, else the CPU."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

from foldwise.errors import UsageError, counted
from foldwise.training.hardware import usable_cores

SIMULATED = "FOLDWISE_SIMULATED_GPUS"  # so many GPUs whose work is done by the CPU, to test with
PROBE_SECONDS = 180


@dataclass(frozen=True)
class Device:
    """Something that a process of its own computes on.

    Attributes:
        kind: "cuda", "simulated" (a GPU whose work the CPU does), or "cpu".
        visible: what its process gets as `CUDA_VISIBLE_DEVICES`; None: what this one has.
        name: for people.
    """

    kind: Literal["cuda", "simulated", "cpu"]
    visible: str | None
    name: str

    def environment(self) -> dict[str, str]:
        """The environment of its process: it sees this device alone."""
        own = dict(os.environ)
        if self.visible is not None:
            own["CUDA_VISIBLE_DEVICES"] = self.visible
        own["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        return own


@dataclass(frozen=True)
class Devices:
    """All that can be used, and what could not.

    Attributes:
        usable: at least one.
        remarks: a sentence for each GPU that is there and cannot be used, and for there being none.
    """

    usable: tuple[Device, ...]
    remarks: tuple[str, ...]


def find_devices() -> Devices:
    """The GPUs of this session that can be used, after an operation on each; else the CPU.

    That torch sees a GPU is no proof: it sees a P100, and has no kernels for it.

    Raises:
        UsageError: `FOLDWISE_SIMULATED_GPUS` is no number.
    """
    if wanted := os.environ.get(SIMULATED):
        return _simulated(wanted)
    remarks, usable = [], []
    for number in _visible():
        name, fault = _probe(number)
        if fault:
            remarks.append(f"GPU {number} ({name}) cannot be used: {fault}")
        else:
            usable.append(Device("cuda", number, name))
    if not usable:
        remarks.append(
            f"NO GPU: one process computes on {counted(usable_cores(), 'core')}, many times slower"
        )
        usable.append(Device("cpu", None, "CPU"))
    return Devices(tuple(usable), tuple(remarks))


def _simulated(wanted: str) -> Devices:
    if not wanted.isdigit() or int(wanted) < 1:
        raise UsageError(f"{SIMULATED} is a number of GPUs, 1 or more; got {wanted!r}; unset it")
    named = [Device("simulated", str(i), f"simulated GPU {i}") for i in range(int(wanted))]
    return Devices(
        tuple(named),
        (f"{counted(int(wanted), 'GPU is', 'GPUs are')} simulated: the CPU does their work",),
    )


def _visible() -> list[str]:
    """The numbers of the GPUs that this process may use, without touching one."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [number for number in given.split(",") if number]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def _probe(number: str) -> tuple[str, str]:
    """A GPU's name, and what is wrong with it; an empty string: nothing.

    In a process of its own: what a broken GPU does to the process that asks is unknown, and this
    one must live on.
    """
    own = Device("cuda", number, "").environment()
    command = [sys.executable, "-m", "foldwise.kaggle.session.device_probe"]
    try:
        done = subprocess.run(
            command, env=own, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "unknown", f"a product of 64 x 64 ones took more than {PROBE_SECONDS} s"
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return "unknown", f"the process that tried it ended with {done.returncode}: {last[0]}"
    told = json.loads(done.stdout.splitlines()[-1])
    return str(told["name"]), str(told["fault"] or "")
