"""How much of the host's memory is free to use."""

from pathlib import Path

MEMINFO = Path("/proc/meminfo")  # https://docs.kernel.org/filesystems/proc.html#meminfo
CONTAINER = Path("/sys/fs/cgroup")  # https://docs.kernel.org/admin-guide/cgroup-v2.html#memory
KIBIBYTE = 1024


def free_host_bytes() -> int:
    """Bytes that programs may still take, within a container's limit; 0 if the system won't say."""
    return min(_of_machine(), _of_container())


def _of_machine() -> int:
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
        (found,) = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
        return int(found) * KIBIBYTE
    except (OSError, ValueError):
        return 0


def _of_container() -> int:
    """What is left of the limit; the machine's own where there is none."""
    try:
        limit = (CONTAINER / "memory.max").read_text(encoding="ascii").strip()
        if limit == "max":
            return _of_machine()
        used = int((CONTAINER / "memory.current").read_text(encoding="ascii"))
        return max(0, int(limit) - used)
    except (OSError, ValueError):
        return _of_machine()
