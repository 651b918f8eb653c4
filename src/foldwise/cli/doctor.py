"""`foldwise doctor`."""

import argparse
import os
import platform
import shutil
import socket
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import foldwise
from foldwise.cli.output import Output
from foldwise.encoders import known_encoders
from foldwise.errors import UsageError
from foldwise.paths import cache_folder, find_project

PACKAGES = (
    "torch", "transformers", "tokenizers", "safetensors", "numpy", "pandas", "scikit-learn",
    "iterative-stratification", "optuna", "pydantic", "rich",
)  # fmt: skip
HUB = ("huggingface.co", 443)
SECONDS = 3.0


def run(_options: argparse.Namespace, output: Output) -> None:
    """What this machine has, each fact by trying it."""
    facts = {
        "foldwise": foldwise.__version__,
        "python": platform.python_version(),
        **{name: installed(name) for name in PACKAGES},
        **hardware(),
        "project": _project(),
        "cache": str(cache_folder("")),
        "disk free": f"{shutil.disk_usage('.').free / 2**30:,.1f} GiB",
        "encoders here": [f"{files.name} ({files.found_in})" for files in known_encoders()],
        "hub": "reachable" if hub_answers() else "not reachable: encoders must be on this machine",
        "kaggle program": shutil.which("kaggle") or "not installed",
    }
    output.result(facts)
    shown = {k: "\n".join(v) or "none" if isinstance(v, list) else v for k, v in facts.items()}
    output.facts("doctor", shown)


def installed(name: str) -> str:
    """The package's version, or that it is missing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def hardware() -> dict[str, Any]:
    """Device, threads, and the number format training would use here."""
    import torch

    from foldwise.training.hardware import gpu_fault
    from foldwise.training.precision import fastest_precision, probe_cpu

    threads = os.cpu_count() or 1
    if torch.cuda.is_available():
        fault = gpu_fault()
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        works = "a real operation succeeds" if fault is None else f"unusable: {fault}"
        return {"gpu": names, "gpu check": works, "precision": fastest_precision("cuda", threads)}
    probe = probe_cpu(threads)
    bf16 = "does not run here" if probe.bf16 is None else f"{probe.fp32 / probe.bf16:.2f} x fp32"
    return {
        "gpu": "none that torch sees",
        "cpu threads": threads,
        "bf16 on this cpu": bf16,
        "precision": fastest_precision("cpu", threads),
    }


def hub_answers() -> bool:
    """Whether the model hub accepts a connection within three seconds."""
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}:
        return False
    try:
        with socket.create_connection(HUB, timeout=SECONDS):
            return True
    except OSError:
        return False


def _project() -> str:
    try:
        return str(find_project().root)
    except UsageError:
        return "none here"
