"""The format a kernel predicts in: that of the training, where this hardware has it."""

from typing import Literal

import torch

from foldwise.settings import Hardware, Precision, Settings
from foldwise.training.hardware import usable_cores
from foldwise.training.precision import probe_cpu

Wanted = Literal["auto", "fp32", "bf16", "fp16"]


def hardware_here(settings: Settings, kind: str, wanted: Wanted) -> Hardware:
    """The hardware a run predicts on in this process.

    Args:
        settings: of the run, with the hardware it was trained on.
        kind: of the device; a simulated GPU is a CPU.
        wanted: the format; "auto": the training's where this device has it, else fp32, which
            differs from it less than any other.
    """
    threads = usable_cores()
    if kind != "cuda":
        precision = _on_cpu(settings.hardware, wanted, threads)
        return Hardware(device="cpu", precision=precision, threads=threads)
    return Hardware(device="cuda", precision=_on_gpu(settings.hardware, wanted), threads=threads)


def _on_gpu(trained: Hardware, wanted: Wanted) -> Precision:
    if wanted != "auto":
        return wanted
    if trained.precision == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return "fp32"
    return "fp32" if trained.precision == "auto" else trained.precision


def _on_cpu(trained: Hardware, wanted: Wanted, threads: int) -> Precision:
    """bf16 only after a CPU that was trained in it, or on request, and where it works."""
    asked = wanted == "bf16" or (wanted == "auto" and trained.device == "cpu")
    if not asked or "bf16" not in {wanted, trained.precision}:
        return "fp32"
    return "bf16" if probe_cpu(threads).bf16 is not None else "fp32"
