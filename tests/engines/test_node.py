import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from foldwise.encoders import resolve_encoder
from foldwise.engines.inbox import Inbox
from foldwise.engines.node import ENCODERS, NodeWorker, Over, Said, Wanted
from foldwise.engines.parcels import Event
from foldwise.errors import StorageError
from foldwise.training.engine import PYTHON, ROOT, WorkerTask

FOLD = "runs/r/fold-0"
COUNTING = """
import json, os, sys
from pathlib import Path
root = Path(sys.argv[1])
fold = root / "runs" / "r" / "fold-0"
for number in range(3):
    with (fold / "journal.jsonl").open("a") as file: file.write(f"{number}\\n")
    print(json.dumps({"number": number}), flush=True)
    assert json.loads(sys.stdin.readline())["go_on"]
print(json.dumps({"input": (root / "input" / "train.csv").read_text()}))
sys.exit(7)
"""


def kept(worker: NodeWorker, path: str, data: bytes) -> Wanted:
    sha256 = hashlib.sha256(data).hexdigest()
    worker.keep(sha256, [data[:3], data[3:]])
    return Wanted(path, sha256)


def test_what_a_worker_wrote_is_here_when_what_it_said_is_heard(tmp_path: Path) -> None:
    worker = NodeWorker(tmp_path / "store")
    files = [
        kept(worker, "input/train.csv", b"id,text\n"),
        kept(worker, f"{FOLD}/journal.jsonl", b"begun\n"),
    ]
    worker.place(files, [FOLD])
    inbox, heard = Inbox(tmp_path / "here", [Path(FOLD)]), []
    journal = tmp_path / "here" / FOLD / "journal.jsonl"
    for event in worker.run(WorkerTask((PYTHON, "-c", COUNTING, ROOT), tmp_path)):
        if isinstance(event, Said):
            heard.append(event.message)
            if "number" in event.message:
                count = event.message["number"] + 1
                assert journal.read_text() == "begun\n" + "".join(f"{k}\n" for k in range(count))
                worker.say({"go_on": True})
        elif isinstance(event, Over):
            assert event.exit_code == 7
        else:
            inbox.take(event)
    assert heard == [*({"number": k} for k in range(3)), {"input": "id,text\n"}]
    # what was kept is as it came, and the worker's own folder is gone
    assert {p.read_bytes() for p in (tmp_path / "store" / "blobs").iterdir()} == {
        b"id,text\n",
        b"begun\n",
    }
    assert list((tmp_path / "store" / "work").iterdir()) == []


def test_what_was_written_for_an_earlier_job_is_removed_when_the_next_one_comes(
    tmp_path: Path,
) -> None:
    worker, trials = NodeWorker(tmp_path / "store"), ["runs/trial-0", "runs/trial-1"]
    train = kept(worker, "input/train.csv", b"id,text\n")
    worker.place([train, kept(worker, f"{trials[0]}/ckpt", b"weights")], trials[:1])
    (root,) = (tmp_path / "store" / "work").iterdir()
    worker.place([train, kept(worker, f"{trials[0]}/ckpt", b"others")], trials[:1])  # goes on
    assert (root / trials[0] / "ckpt").read_bytes() == b"others"
    worker.place([train, kept(worker, f"{trials[1]}/settings", b"{}")], trials[1:])
    assert [path.name for path in (root / "runs").iterdir()] == ["trial-1"]
    assert (root / "input/train.csv").read_bytes() == b"id,text\n"


def test_a_file_comes_to_a_machine_once(tmp_path: Path) -> None:
    first, second = NodeWorker(tmp_path), NodeWorker(tmp_path)
    wanted = kept(first, "x", b"weights")
    assert first.lacking(["0" * 64, wanted.sha256]) == ["0" * 64]
    assert second.lacking(["0" * 64, wanted.sha256]) == ["0" * 64]


def test_other_bytes_than_asked_for_are_not_kept(tmp_path: Path) -> None:
    worker = NodeWorker(tmp_path)
    with pytest.raises(StorageError, match="arrived with other bytes"):
        worker.keep("0" * 64, [b"weights"])
    assert worker.lacking(["0" * 64]) == ["0" * 64]


def test_a_store_is_nobody_else_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "store"
    store.mkdir(mode=0o777)
    NodeWorker(store)
    assert store.stat().st_mode & 0o777 == 0o700

    (tmp_path / "link").symlink_to(store)
    with pytest.raises(StorageError, match="or is a link; remove it on that machine"):
        NodeWorker(tmp_path / "link")
    owner = store.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(StorageError, match=f"store belongs to user {owner} "):
        NodeWorker(store)


def test_a_stop_reaches_a_worker_that_has_not_begun(tmp_path: Path) -> None:
    worker = NodeWorker(tmp_path)
    stop = threading.Thread(target=worker.stop)
    stop.start()  # waits for it
    events: list[Event | Said | Over] = list(
        worker.run(WorkerTask((PYTHON, "-c", "input()", ROOT), tmp_path))
    )
    stop.join(10)
    assert events == [Over(-15)]


def test_an_encoder_that_was_brought_is_found_by_its_name_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foldwise.encoders import BROUGHT, brought_folder

    name = "/home/somebody/encoder"
    folder = brought_folder(tmp_path / ENCODERS, name)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    monkeypatch.setenv(BROUGHT, str(tmp_path / ENCODERS))
    found: Any = resolve_encoder(name)
    assert (found.folder, found.found_in) == (folder, "engine")
