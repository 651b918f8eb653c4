"""What a tracker is."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Protocol

from foldwise.errors import UsageError
from foldwise.tracking.record import RunRecord

INSTALL = "pip install 'foldwise[trackers]'"


class Tracker(Protocol):
    """Shows a run elsewhere: after each call it holds exactly what the record says.

    Attributes:
        name: as people know it.
    """

    name: str

    def update(self, record: RunRecord) -> None:
        """Add what the record has and the tracker has not."""

    def close(self, record: RunRecord) -> None:
        """Do the same for the last time in this process, and let go of files."""


def imported(package: str, setting: str) -> ModuleType:
    """The tracker's package.

    Raises:
        UsageError: it is not installed; says how to.
    """
    from importlib import import_module

    try:
        return import_module(package)
    except ImportError as error:
        raise UsageError(
            f"tracking.{setting} needs the package {package}, which cannot be imported ({error}); "
            f"run: {INSTALL}, or leave the setting out"
        ) from error


def as_text(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as a tracker's parameters: every value as a string."""
    return {name: str(value) for name, value in settings.items()}
