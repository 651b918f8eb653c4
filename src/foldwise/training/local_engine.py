"""Workers on this machine: a subprocess each, with a GPU or its share of the cores."""

import os
import sys

import torch

from foldwise.errors import UsageError
from foldwise.settings import Hardware
from foldwise.training.engine import WorkerTask, too_many
from foldwise.training.hardware import gpu_fault, resolved_hardware, usable_cores
from foldwise.training.sharing import MOST
from foldwise.training.worker_process import LocalProcess


class LocalEngine:
    """This machine."""

    is_here = True

    def resolved(self, wanted: Hardware, folds: int) -> Hardware:
        """The hardware settings with every "auto" replaced by what this machine has.

        Raises:
            UsageError: see `resolved_hardware`.
        """
        return resolved_hardware(wanted, folds)

    def gpu_fault(self) -> str | None:
        """Why the first GPU cannot be used; None if it can."""
        return gpu_fault()

    def places(self, hardware: Hardware) -> int:
        """As many as each GPU, or team of GPUs, takes, or as the cores have threads for."""
        if hardware.device == "cuda":
            each = MOST if hardware.jobs_per_gpu == "auto" else hardware.jobs_per_gpu
            return max(1, self.gpus(hardware) * each)
        return max(1, usable_cores() // (max(1, hardware.threads) * hardware.processes))

    def check(self, hardware: Hardware, count: int) -> None:
        """Check that each worker, and each process of a team, has a GPU; cores may be shared.

        Raises:
            UsageError: there are fewer GPUs.
        """
        gpus = visible_gpus() if hardware.device == "cuda" else []
        if gpus and hardware.processes > len(gpus):  # a run may have been begun elsewhere
            raise UsageError(
                f"each of hardware.processes has a GPU of its own, but there are {len(gpus)} for "
                f"{hardware.processes}: go on where the run was begun, or begin it again with "
                f"hardware.processes={len(gpus)} --fresh"
            )
        if hardware.device == "cuda" and count > self.places(hardware):
            what = "a GPU" if hardware.jobs_per_gpu == 1 else "a share of a GPU"
            what = what if hardware.processes == 1 else f"{hardware.processes} GPUs"
            raise too_many(count, self.places(hardware), what)

    def gpus(self, hardware: Hardware) -> int:
        """How many GPUs, or teams of GPUs, the places are on; 0 on a CPU."""
        return len(visible_gpus()) // hardware.processes if hardware.device == "cuda" else 0

    def start(self, task: WorkerTask, slot: int, hardware: Hardware) -> LocalProcess:
        """A subprocess, which sees one GPU: its own, or the one it shares; or a team of them."""
        environment, each = dict(os.environ), hardware.processes
        if hardware.device == "cuda" and (gpus := visible_gpus()):
            first = slot % (len(gpus) // each) * each
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpus[first : first + each])
        command = task.command_at(task.root)
        return LocalProcess(command if each == 1 else team_command(command, each), environment)


def team_command(command: list[str], processes: int) -> list[str]:
    """A worker's command as a team's."""
    return [sys.executable, "-m", "foldwise.training.team_launcher", str(processes), *command]


def visible_gpus() -> list[str]:
    """The GPUs that workers share out, by the names CUDA_VISIBLE_DEVICES takes."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in visible.split(",") if name.strip()]
    return [str(number) for number in range(torch.cuda.device_count())]
