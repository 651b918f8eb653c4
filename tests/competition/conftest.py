"""A competition of a few rows in a temporary folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foldwise.competition.competition import Competition, load_competition

MakeCompetition = Callable[..., Competition]

REGRESSION = {
    "train.csv": "id,text,target\na,one,0.5\nb,two,-1\nc,three,2\n",
    "test.csv": "id,text\nx,four\ny,five\n",
    "sample.csv": "id,target\nx,0\ny,0\n",
}


@pytest.fixture
def make_competition(tmp_path: Path) -> MakeCompetition:
    """Write the files (text or bytes, by name) and a `competition.toml` with further keys."""

    def make(contents: dict[str, str | bytes] | None = None, **keys: Any) -> Competition:
        folder = tmp_path / "input" / "tiny"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in {**REGRESSION, **(contents or {})}.items():
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(data)
        sections = {name: keys.pop(name, {}) for name in ("files", "format")}
        table: dict[str, Any] = {
            "title": "Tiny",
            "task": "regression",
            "metric": "rmse",
            "id": "id",
        }
        table |= {"text": ["text"], "target": ["target"], **keys}
        names = {"train": "train.csv", "test": "test.csv", "sample_submission": "sample.csv"}
        sections["files"] = names | sections["files"]
        lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        for name, section in sections.items():
            lines.append(f"[{name}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in section.items()]
        (folder / "competition.toml").write_text("\n".join(lines))
        return load_competition(folder)

    return make
