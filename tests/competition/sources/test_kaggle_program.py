from collections.abc import Callable
from pathlib import Path

import pytest

from foldwise.competition.sources import kaggle_program
from foldwise.competition.sources.kaggle_program import download
from foldwise.errors import DataError, FoldwiseError, UsageError

Program = Callable[[str, str], Path]

BY_HAND = (
    "download the files in a browser from https://www.kaggle.com/competitions/some-slug/data "
    "and run: foldwise data tiny --from FOLDER"
)
RULES = "open https://www.kaggle.com/competitions/some-slug/rules while logged in and accept them"


def message(folder: Path, kind: type[FoldwiseError] = DataError) -> str:
    with pytest.raises(kind) as caught:
        download("some-slug", "tiny", folder)
    return str(caught.value)


def test_the_program_is_called_with_the_slug_and_the_folder(
    tmp_path: Path, program: Program
) -> None:
    script = """
    import sys
    from pathlib import Path
    folder = Path(sys.argv[-1])
    (folder / "some-slug.zip").write_text(" ".join(sys.argv[1:]))
    """
    program("kaggle", script)
    archive = download("some-slug", "tiny", tmp_path)
    assert archive == tmp_path / "some-slug.zip"
    assert archive.read_text() == f"competitions download -c some-slug -p {tmp_path}"


@pytest.mark.usefixtures("program")
def test_without_the_program_both_ways_out_are_told(tmp_path: Path) -> None:
    text = message(tmp_path, UsageError)
    assert "there is no program 'kaggle' on PATH: pip install kaggle" in text
    assert BY_HAND in text


@pytest.mark.parametrize(
    ("said", "code", "remedy"),
    [
        ("Authentication required to call the Kaggle API.", 1, "it is not authorised: make"),
        ("Could not find kaggle.json. Make sure it is in /root", 1, "it is not authorised"),
        ("403 Client Error: Forbidden for url: https://api", 1, RULES),
        ("403 - You must accept this competition's rules", 0, "the rules are not accepted"),
        ("404 Client Error: Not Found", 1, "there is no such competition"),
        ("Max retries exceeded with url: /v1", 1, "Kaggle is out of reach: check the network"),
        ("ModuleNotFoundError: No module named 'six'", 1, "exit code 1; it said:"),
    ],
)
def test_each_refusal_has_its_remedy(
    tmp_path: Path, program: Program, said: str, code: int, remedy: str
) -> None:
    program("kaggle", f"import sys; print({said!r}, file=sys.stderr); sys.exit({code})")
    text = message(tmp_path)
    assert remedy in text
    assert said in text
    assert BY_HAND in text


def test_a_program_that_gives_nothing_and_says_nothing_is_no_success(
    tmp_path: Path, program: Program
) -> None:
    program("kaggle", "")
    assert "exit code 0; it said:\n    nothing" in message(tmp_path)


def test_a_download_ends_within_its_time(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kaggle_program, "DOWNLOAD_SECONDS", 0.2)
    program("kaggle", "import time; time.sleep(60)")
    assert "it was stopped after 0.2 seconds" in message(tmp_path)
