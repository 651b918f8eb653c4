"""A journal: one JSON object a line, appended and never rewritten."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foldwise.storage import disk_full_explained

FILE = "journal.jsonl"  # of a run, a fold or a study, in its folder


class Journal:
    """Appends events to `path`; a line torn by a kill is skipped when reading, never extended."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, event: str, **facts: Any) -> None:
        """Append one event with the time (UTC, ISO 8601) and its facts."""
        record = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **facts}
        line = json.dumps(record, ensure_ascii=False) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with disk_full_explained(self.path), self.path.open("ab") as file:
            if file.tell() and not self._ends_with_newline():
                file.write(b"\n")
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def _ends_with_newline(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def events(self, event: str | None = None) -> Iterator[dict[str, Any]]:
        """Every whole record, oldest first; only those of one `event` where it is given."""
        if not self.path.exists():
            return
        for line in self.path.read_bytes().split(b"\n"):
            record = _parsed(line)
            if record is not None and event in {None, record.get("event")}:
                yield record


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:  # a torn or empty line
        return None
    return record if isinstance(record, dict) else None
