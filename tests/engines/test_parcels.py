import os
from pathlib import Path
from typing import Any

import pytest

from foldwise.engines.parcels import files_in
from tests.engines.fold_folders import FOLD, checkpoint


def test_hidden_and_half_written_files_stay(there: Path) -> None:
    for name in (".lock", ".result.json.1a2b.tmp", "ckpt-00000003.tmp/model.safetensors"):
        path = there / FOLD / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("half")
    assert files_in(there, [FOLD]) == {}


def test_a_folder_that_is_renamed_while_it_is_looked_through_ends_nothing(
    there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (there / FOLD / "journal.jsonl").write_text("one\n")
    folder = checkpoint(there, 1)
    scan = os.scandir

    def renamed(path: Any) -> Any:
        if Path(path) == folder and folder.is_dir():
            folder.rename(folder.with_name("elsewhere.tmp"))
        return scan(path)

    monkeypatch.setattr(os, "scandir", renamed)
    assert list(files_in(there, [FOLD])) == [f"{FOLD}/journal.jsonl"]
