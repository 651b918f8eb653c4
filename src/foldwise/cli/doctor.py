"""`foldwise doctor`."""

import platform
import shutil
from argparse import Namespace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import foldwise
from foldwise import hub
from foldwise.cli.output import Output
from foldwise.encoders import known_encoders
from foldwise.errors import UsageError
from foldwise.paths import cache_folder, find_project

PACKAGES = (
    "torch", "transformers", "tokenizers", "safetensors", "numpy", "pandas", "scikit-learn",
    "iterative-stratification", "matplotlib", "optuna", "pydantic", "rich",
)  # fmt: skip
ON_THE_HUB = "sentence-transformers/all-MiniLM-L6-v2"  # asked for, to see whether the hub answers


def run(_options: Namespace, output: Output) -> None:
    """What this machine has, each fact by trying it."""
    facts = {
        "foldwise": foldwise.__version__,
        "python": platform.python_version(),
        **{name: installed(name) for name in PACKAGES},
        **hardware(),
        "project": _project(),
        "cache": str(cache_folder("")),
        "disk free": free_space(Path.cwd()),
        "cache's disk free": free_space(cache_folder("")),
        "encoders here": [f"{files.name} ({files.found_in})" for files in known_encoders()],
        "hub": hub.obstacle(ON_THE_HUB) or "reachable",
        "kaggle program": shutil.which("kaggle") or "not installed",
    }
    output.result(facts)
    shown = {k: "\n".join(v) or "none" if isinstance(v, list) else v for k, v in facts.items()}
    output.facts("this machine", shown)


def installed(name: str) -> str:
    """The package's version, or that it is missing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def free_space(folder: Path) -> str:
    """What is free on the disk of `folder`, or of the nearest folder above that exists."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    return f"{shutil.disk_usage(existing).free / 2**30:,.1f} GiB"


def hardware() -> dict[str, Any]:
    """Device, threads, and the number format training would use here."""
    try:
        import torch
    except ImportError as error:
        return {"gpu": f"unknown: torch cannot be imported ({error})"}
    from foldwise.training.hardware import gpu_fault, usable_cores
    from foldwise.training.precision import fastest_precision, probe_cpu

    threads = 1  # of a worker; a CPU trains as many folds at once as it has cores
    if torch.cuda.is_available():
        fault = gpu_fault()
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        works = "a real operation succeeds" if fault is None else f"unusable: {fault}"
        return {"gpu": names, "gpu check": works, "precision": fastest_precision("cuda", threads)}
    probe = probe_cpu(threads)
    speed = None if probe.bf16 is None else probe.fp32 / probe.bf16
    bf16 = "does not run here" if speed is None else f"{speed:.2f} x the speed of fp32"
    return {
        "gpu": "none that torch sees",
        "cpu cores": usable_cores(),
        "bf16 on one core": bf16,
        "precision": fastest_precision("cpu", threads),
    }


def _project() -> str:
    try:
        return str(find_project().root)
    except UsageError:
        return "none here"
