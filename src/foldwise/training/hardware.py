"""The hardware settings of a run, with every "auto" replaced by what this machine has."""

import os
import resource
import sys
from pathlib import Path

import torch

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.training.allocator import keep_freed_blocks
from foldwise.training.precision import fastest_precision, probe_cpu

KIBIBYTE = 1024
RSS_UNIT = 1 if sys.platform == "darwin" else KIBIBYTE  # bytes; getrusage(2)
# https://www.kernel.org/doc/html/latest/filesystems/proc.html
CLEAR, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def resolved_hardware(wanted: settings.Hardware, folds: int) -> settings.Hardware:
    """`wanted` with device, precision and threads decided, for a run of so many folds.

    On a CPU folds train side by side, each with its share of the cores: threads of one process wait
    for each other at every small matrix product, and for long when the machine is shared.

    Raises:
        UsageError: a GPU was asked for, or is there, that cannot run a real operation; or a format
            that does not work on this hardware.
    """
    device = _device(wanted)
    if device == "cuda" and wanted.processes > torch.cuda.device_count():
        raise UsageError(
            f"each of hardware.processes has a GPU of its own, but there are "
            f"{torch.cuda.device_count()} for {wanted.processes}: lower it"
        )
    threads = wanted.threads or max(1, usable_cores() // (folds * wanted.processes))
    precision = wanted.precision
    if precision == "auto":
        precision = fastest_precision(device, threads)
    if precision == "fp16" and device == "cpu":
        raise UsageError("hardware.precision=fp16 needs a GPU; on a CPU choose bf16, fp32 or auto")
    if wanted.precision == "bf16" and device == "cpu" and probe_cpu(threads).bf16 is None:
        raise UsageError(
            "hardware.precision=bf16 does not work on this CPU: a process that tried it died, or "
            "took minutes; choose fp32 or auto"
        )
    return wanted.model_copy(update={"device": device, "precision": precision, "threads": threads})


def _device(wanted: settings.Hardware) -> settings.Device:
    if wanted.device == "cpu" or (wanted.device == "auto" and not torch.cuda.is_available()):
        return "cpu"
    fault = gpu_fault()
    if fault:
        raise UsageError(f"no usable GPU: {fault}; fix it, or set hardware.device=cpu")
    return "cuda"


def gpu_fault() -> str | None:
    """Why the first GPU cannot be used; None if a real operation on it succeeds.

    `torch.cuda.is_available()` is no proof: it is True on cards this torch has no kernels for.
    """
    if not torch.cuda.is_available():
        return "torch sees no CUDA device"
    try:
        square = torch.ones(64, 64, device="cuda")
        total = float((square @ square).sum().item())
    except RuntimeError as error:
        return str(error).splitlines()[0]
    return None if total == 64.0**3 else f"a product of ones summed to {total}"


def forget_peak(device: str) -> None:
    """Begin to measure `peak_bytes` anew, where the system can: another fold may have been here."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    elif CLEAR.exists():
        CLEAR.write_text("5")  # the high-water mark, says the kernel's documentation of /proc


def peak_bytes(device: str) -> int:
    """The most memory this process has held at once: of the GPU, or of the machine on a CPU."""
    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    if STATUS.exists():
        (line,) = (s for s in STATUS.read_text().splitlines() if s.startswith("VmHWM:"))
        return int(line.split()[1]) * KIBIBYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def gpu_memory(device: str) -> tuple[int, int]:
    """The most bytes of the GPU this process has reserved, and all that it has; zeros on a CPU."""
    if device != "cuda":
        return 0, 0
    total = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory
    return int(torch.cuda.max_memory_reserved()), int(total)


def prepare_process(hardware: settings.Hardware) -> None:
    """Set this process up as the run's hardware settings say."""
    if hardware.device == "cpu":
        keep_freed_blocks()
    torch.set_num_threads(hardware.threads)
    torch.set_float32_matmul_precision("highest")  # float32 is float32, not TF32: the head needs it
