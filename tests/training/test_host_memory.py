from pathlib import Path

import pytest

from foldwise.training import host_memory
from foldwise.training.host_memory import free_host_bytes

MEMINFO = "MemTotal:       100 kB\nMemFree:  10 kB\nMemAvailable:    60 kB\n"


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({"meminfo": MEMINFO}, 60 * 1024),
        ({"meminfo": MEMINFO, "memory.max": "max\n", "memory.current": "5\n"}, 60 * 1024),
        # a container may have less than its machine, and have spent it
        ({"meminfo": MEMINFO, "memory.max": "5000\n", "memory.current": "3000\n"}, 2000),
        ({"meminfo": MEMINFO, "memory.max": "5000\n", "memory.current": "6000\n"}, 0),
        # a system that does not say has none to spare
        ({"meminfo": "MemTotal: 100 kB\n"}, 0),
        ({}, 0),
    ],
)
def test_memory_is_free_within_the_machine_and_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], free: int
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(host_memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(host_memory, "CONTAINER", tmp_path)
    assert free_host_bytes() == free
