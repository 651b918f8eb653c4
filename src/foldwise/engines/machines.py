"""What a worker needs of a machine, and how many a machine has a place for."""

from collections.abc import Mapping, Sequence

from foldwise.errors import counted
from foldwise.settings import Hardware


def needs_of(hardware: Hardware) -> dict[str, int]:
    """Cores and GPUs of one worker, by Ray's names."""
    if hardware.device == "cuda":
        return {"CPU": 1, "GPU": 1}
    return {"CPU": max(1, hardware.threads)}


def places_on(node: Mapping[str, float], hardware: Hardware) -> int:
    """How many workers a machine with these resources feeds at once."""
    return min(int(node.get(what, 0)) // count for what, count in needs_of(hardware).items())


def described(nodes: Sequence[Mapping[str, float]]) -> str:
    """The machines in words."""
    each = [
        f"{counted(int(node.get('CPU', 0)), 'core')} and {counted(int(node.get('GPU', 0)), 'GPU')}"
        for node in nodes
    ]
    return f"{counted(len(nodes), 'machine')}: " + ", ".join(each) if each else "no machine"
