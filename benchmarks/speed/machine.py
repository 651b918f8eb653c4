"""Facts about the machine that a speed depends on; none that tells whose it is."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("torch", "transformers", "tokenizers", "accelerate", "foldwise")


def machine_facts(device: str, threads: int) -> list[str]:
    """Processor or GPU, threads and versions."""
    facts = [f"CPU: {cpu_model()}, {os.cpu_count()} cores, {threads} used"]
    if device == "cuda":
        import torch

        gpu = torch.cuda.get_device_properties(0)
        facts.append(
            f"GPU: {gpu.name}, {gpu.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}"
        )
    return [*facts, f"Python {platform.python_version()}, {_versions(PACKAGES)}"]


def busyness(when: str) -> str:
    """How many threads of all programs were running or ready, on average of the last minute."""
    return f"load of the last minute {when}: {os.getloadavg()[0]:.1f}"


def use_cores(threads: int) -> None:
    """Leave this process, and all it starts, as many cores as there are `threads`."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def cpu_model() -> str:
    """The processor's name, with its family numbers where the name says little."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    facts: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    name = facts.get("model name", platform.machine())
    numbers = [f"{key} {facts[key]}" for key in ("cpu family", "model") if key in facts]
    return f"{name} ({', '.join(numbers)})" if numbers else name


def _versions(packages: Sequence[str]) -> str:
    return ", ".join(f"{name} {version(name)}" for name in packages)
