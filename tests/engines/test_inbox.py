import hashlib
from pathlib import Path

import pytest

from foldwise.engines.inbox import Inbox
from foldwise.engines.parcels import Begun, Ended, Gone, Packed, Piece
from foldwise.errors import StorageError
from tests.engines.fold_folders import FOLD


def test_bytes_that_are_not_those_sent_are_refused(here: Path) -> None:
    inbox = Inbox(here, [FOLD])
    path = f"{FOLD}/test.csv"
    for event in (Begun(path), Piece(b"id,target\n")):
        inbox.take(event)
    with pytest.raises(StorageError, match="differs from what was sent"):
        inbox.take(Ended("0" * 64))
    assert not (here / path).exists()


@pytest.mark.parametrize(
    "path", ["runs/r/fold-1/x", "runs/r/fold-0/../../../x", "/etc/x", "runs/r/fold-00/x", "x"]
)
def test_a_worker_writes_nowhere_but_in_its_own_folders(here: Path, path: str) -> None:
    inbox = Inbox(here, [FOLD])
    for event in (Begun(path), Packed(path, whole=True), Gone(path)):
        with pytest.raises(StorageError, match="a worker writes only in its own folders"):
            inbox.take(event)


def test_a_checkpoint_of_the_same_step_takes_the_place_of_the_one_before(here: Path) -> None:
    inbox, path = Inbox(here, [FOLD]), f"{FOLD}/ckpt-00000004"
    (here / f"{path}.old.tmp").mkdir(parents=True)  # left by a driver that was killed
    (here / f"{path}.old.tmp" / "state.json").touch()
    for text in (b"collapsed", b"begun anew"):
        sha256 = hashlib.sha256(text).hexdigest()
        file = (Begun(f"{path}/state.json"), Piece(text), Ended(sha256))
        for event in (*file, Packed(path, whole=True)):
            inbox.take(event)
        assert [p.name for p in (here / FOLD).iterdir()] == ["ckpt-00000004"]
        assert (here / path / "state.json").read_bytes() == text
