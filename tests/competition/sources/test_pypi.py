import importlib.util
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from foldwise.competition.sources import pypi
from foldwise.competition.sources.pypi import Archive, checked, obtain
from foldwise.errors import DataError

Program = Callable[[str, str], Path]

WHEEL = "tiny-1.0-py3-none-any.whl"
CONTENT = b"what pip downloads"
NEEDS_PIP = pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="needs pip")


def archive_of(data: bytes, file: str = WHEEL) -> Archive:
    return Archive("tiny", "1.0", file, sha256(data).hexdigest(), 0.1)


@pytest.fixture
def pip(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> Callable[[bytes], Path]:
    """Puts a program in Python's place that records its arguments and "downloads" some bytes."""

    def make(content: bytes) -> Path:
        record = tmp_path / "arguments"
        stand_in = program(
            "python",
            f"""
            import sys
            from pathlib import Path
            arguments = sys.argv[1:]
            asked = Path(arguments[arguments.index("--requirement") + 1]).read_text()
            Path({str(record)!r}).write_text("\\n".join([*arguments, asked]))
            dest = Path(arguments[arguments.index("--dest") + 1])
            name = "tiny-1.0.zip" if "--no-binary" in arguments else {WHEEL!r}
            (dest / name).write_bytes({content!r})
            """,
        )
        monkeypatch.setattr(sys, "executable", str(stand_in))
        return record

    return make


def test_pip_is_given_the_hash_and_arguments_without_a_shell(
    cache: Path, pip: Callable[[bytes], Path]
) -> None:
    record = pip(CONTENT)
    said: list[str] = []
    path = obtain(archive_of(CONTENT), said.append)
    assert path == cache / "packages" / WHEEL
    assert path.read_bytes() == CONTENT
    text = record.read_text()
    assert text.startswith("-P\n-m\npip\ndownload\n--no-deps\n--require-hashes\n--no-input")
    assert text.endswith(f"tiny==1.0 --hash=sha256:{sha256(CONTENT).hexdigest()}\n")
    assert said == [f"pip downloads {WHEEL} (0.1 MB) from PyPI into {path.parent}"]
    # nothing else stays in the cache
    assert list(path.parent.iterdir()) == [path]


def test_a_source_archive_is_asked_for_by_name(cache: Path, pip: Callable[[bytes], Path]) -> None:
    record = pip(CONTENT)
    obtain(archive_of(CONTENT, "tiny-1.0.zip"))
    assert "\n--no-binary\ntiny\n" in record.read_text()


def test_an_archive_in_the_cache_is_used_without_pip(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    there = cache / "packages" / WHEEL
    there.parent.mkdir(parents=True)
    there.write_bytes(CONTENT)
    assert obtain(archive_of(CONTENT)) == there


def test_another_file_in_the_cache_is_refused_with_both_hashes(cache: Path) -> None:
    there = cache / "packages" / WHEEL
    there.parent.mkdir(parents=True)
    there.write_bytes(b"something else")
    with pytest.raises(DataError) as caught:
        obtain(archive_of(CONTENT))
    for part in (
        str(there),
        sha256(CONTENT).hexdigest(),
        sha256(b"something else").hexdigest(),
        "remove it, then try again",
    ):
        assert part in str(caught.value)
    assert there.read_bytes() == b"something else"


def test_a_wrong_download_never_reaches_the_cache(
    cache: Path, pip: Callable[[bytes], Path]
) -> None:
    pip(b"tampered")
    with pytest.raises(DataError, match=f"got {sha256(b'tampered').hexdigest()}"):
        obtain(archive_of(CONTENT))
    assert list((cache / "packages").iterdir()) == []


def test_what_pip_said_last_is_shown_with_the_next_step(
    cache: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """
    import sys
    for number in range(9):
        print("line", number, file=sys.stderr)
    sys.exit(1)
    """
    monkeypatch.setattr(sys, "executable", str(program("python", script)))
    with pytest.raises(DataError) as caught:
        obtain(archive_of(CONTENT, "tiny-1.0.zip"))
    message = str(caught.value)
    assert "line 3\n    line 4" in message
    assert "line 2" not in message
    assert "pip download --no-deps --no-binary :all: tiny==1.0" in message
    assert f"put it into {cache / 'packages'}" in message
    assert list((cache / "packages").iterdir()) == []


def test_an_environment_without_pip_is_told_how_to_get_it(
    cache: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = program("python", "import sys; sys.exit('python: No module named pip')")
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(DataError, match=f"{python} has no pip .*{python} -m ensurepip, or: uv pip"):
        obtain(archive_of(CONTENT))


def test_a_download_ends_within_its_time(
    cache: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pypi, "DOWNLOAD_SECONDS", 0.2)
    monkeypatch.setattr(sys, "executable", str(program("python", "import time; time.sleep(60)")))
    with pytest.raises(DataError, match=r"it was stopped after 0\.2 seconds"):
        obtain(archive_of(CONTENT))


def test_a_checked_archive_is_itself(tmp_path: Path) -> None:
    path = tmp_path / WHEEL
    path.write_bytes(CONTENT)
    assert checked(path, archive_of(CONTENT)) == path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel in a folder that is pip's only index."""
    wheel = tmp_path / "index" / WHEEL
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as files:
        files.writestr("tiny.py", "")
        info = "tiny-1.0.dist-info"
        files.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        files.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        files.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    return wheel


@NEEDS_PIP
def test_pip_itself_takes_the_arguments(cache: Path, index: Path) -> None:
    assert obtain(archive_of(index.read_bytes())).read_bytes() == index.read_bytes()


@NEEDS_PIP
def test_pip_itself_compares_the_hash(cache: Path, index: Path) -> None:
    with pytest.raises(DataError) as caught:
        obtain(archive_of(CONTENT))
    assert f"Expected sha256 {sha256(CONTENT).hexdigest()}" in str(caught.value)
    assert f"Got        {sha256(index.read_bytes()).hexdigest()}" in str(caught.value)


@NEEDS_PIP
def test_without_a_network_the_error_comes_soon(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(pypi, "DOWNLOAD_SECONDS", 30)
    with pytest.raises(DataError, match=r"with pip failed: pip said:(.|\n)*Check the network"):
        obtain(archive_of(CONTENT))
