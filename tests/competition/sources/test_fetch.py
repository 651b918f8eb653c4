import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from foldwise.competition.competition import Competition
from foldwise.competition.sources.fetch import fetch
from foldwise.competition.sources.pypi import VADER
from foldwise.competition.sources.recipes import RECIPES
from foldwise.errors import DataError, UsageError
from foldwise.storage import sha256_of_file

Program = Callable[[str, str], Path]
Shipped = Callable[[str], Competition]

SHARED = Path(__file__).parents[4] / "shared" / "data"

COMMONLIT = {
    "train.csv": 'id,excerpt,target,standard_error\n1,"two\nlines",0.5,0.4\n2,two,-1,0.5\n',
    "test.csv": "id,excerpt\n3,three\n",
    "sample_submission.csv": "id,target\n3,0.0\n",
}


@pytest.fixture
def commonlit(shipped: Shipped) -> Competition:
    return shipped("commonlit")


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    for name, text in COMMONLIT.items():
        (folder / name).write_text(text)
    return folder


def names(competition: Competition) -> set[str]:
    return {path.name for path in competition.folder.iterdir()} - {".lock"}


def test_files_of_a_folder_are_copied_counted_and_hashed(
    commonlit: Competition, downloads: Path
) -> None:
    fetched = fetch(commonlit, downloads)
    assert (fetched.competition, fetched.origin) == ("commonlit", str(downloads))
    assert not fetched.already_complete
    assert [(file.kind, file.rows) for file in fetched.files] == [
        ("train", 2),
        ("test", 1),
        ("sample_submission", 1),
    ]
    for file in fetched.files:
        assert file.path == commonlit.path(file.kind)
        assert file.path.read_text() == COMMONLIT[file.path.name]
        assert file.bytes == len(COMMONLIT[file.path.name])
        assert file.sha256 == sha256_of_file(file.path)
    assert names(commonlit) == {"competition.toml", *COMMONLIT}


def test_what_is_complete_is_left_alone_unless_refreshed(
    commonlit: Competition, downloads: Path
) -> None:
    first = fetch(commonlit, downloads)
    (downloads / "test.csv").write_text("id,excerpt\n3,other\n4,four\n")
    again = fetch(commonlit, downloads)
    assert (again.origin, again.already_complete) == ("already there", True)
    assert again.files == first.files
    assert fetch(commonlit, downloads, refresh=True).files[1].rows == 2


def test_half_a_folder_leaves_nothing(commonlit: Competition, downloads: Path) -> None:
    (downloads / "test.csv").unlink()
    (downloads / "sample_submission.csv").unlink()
    with pytest.raises(DataError, match=r"2 problems(.|\n)*test.csv(.|\n)*sample_submission.csv"):
        fetch(commonlit, downloads)
    assert names(commonlit) == {"competition.toml"}


def test_the_files_of_another_competition_are_refused(
    commonlit: Competition, downloads: Path
) -> None:
    (downloads / "train.csv").write_text("id,text,target\n1,one,0.5\n")
    (downloads / "test.csv").write_text("id,text\n3,three\n")
    with pytest.raises(DataError) as caught:
        fetch(commonlit, downloads)
    assert caught.value.complaints == (
        "train.csv must have the columns excerpt, id, standard_error, target: it lacks excerpt "
        "(text in competition.toml), standard_error (target_sd in competition.toml) and has id, "
        "text, target; give the files of CommonLit Readability Prize",
        "test.csv must have the columns excerpt, id: it lacks excerpt (text in "
        "competition.toml) and has id, text; give the files of CommonLit Readability Prize",
    )
    assert names(commonlit) == {"competition.toml"}


def test_a_recipe_is_followed(movie_valence: Competition, snippets: Path) -> None:
    fetched = fetch(movie_valence, snippets.parent)
    assert {file.kind: file.sha256 for file in fetched.files} == RECIPES["movie-valence"].sha256
    train, test, sample, solution = (file.rows for file in fetched.files)
    assert train + test == 40
    assert test == sample == solution > 0
    assert movie_valence.path("solution").stat().st_mode & 0o777 == 0o400
    assert "vaderSentiment 0.5" in fetched.origin


def test_a_recipe_uses_the_archive_in_the_cache(
    movie_valence: Competition, snippets: Path, cache: Path
) -> None:
    (cache / "packages").mkdir(parents=True)
    shutil.copy(snippets, cache / "packages" / VADER.file)
    assert not fetch(movie_valence).already_complete
    assert fetch(movie_valence, refresh=True).files == fetch(movie_valence).files


def test_a_folder_without_the_recipes_archive_is_refused(
    movie_valence: Competition, downloads: Path
) -> None:
    message = (
        f"{downloads} must hold {VADER.file}, .* get it with: pip download --no-deps "
        f"--no-binary :all: vaderSentiment==0.5"
    )
    with pytest.raises(DataError, match=message):
        fetch(movie_valence, downloads)


def test_a_changed_file_of_a_recipe_is_noticed(movie_valence: Competition, snippets: Path) -> None:
    fetch(movie_valence, snippets.parent)
    with movie_valence.path("train").open("a") as file:
        file.write("99,another,0.5,0.1\n")
    with pytest.raises(DataError, match=r"train\.csv .* foldwise data movie-valence --refresh"):
        fetch(movie_valence)
    assert fetch(movie_valence, snippets.parent, refresh=True).files[0].rows < 40


def test_kaggles_archive_is_unpacked(
    commonlit: Competition, downloads: Path, tmp_path: Path, program: Program
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in downloads.iterdir():
            archive.write(file, file.name)
    record = tmp_path / "arguments"
    program(
        "kaggle",
        f"""
        import shutil, sys
        from pathlib import Path
        Path({str(record)!r}).write_text(" ".join(sys.argv[1:5]))
        shutil.copy({str(tmp_path / "all.zip")!r}, sys.argv[6] + "/" + sys.argv[4] + ".zip")
        """,
    )
    said: list[str] = []
    fetched = fetch(commonlit, say=said.append)
    assert record.read_text() == "competitions download -c commonlitreadabilityprize"
    assert said == ["the kaggle program downloads commonlitreadabilityprize"]
    assert fetched.origin == "the Kaggle competition commonlitreadabilityprize"
    assert names(commonlit) == {"competition.toml", *COMMONLIT}


@pytest.mark.usefixtures("program")
def test_a_failing_source_leaves_what_was_there(
    commonlit: Competition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no program is there
    commonlit.path("train").write_text("mine")
    with pytest.raises(UsageError, match="foldwise data commonlit --from FOLDER"):
        fetch(commonlit)
    assert commonlit.path("train").read_text() == "mine"
    assert names(commonlit) == {"competition.toml", "train.csv"}


def test_a_competition_without_a_source_takes_a_folder(
    commonlit: Competition, downloads: Path
) -> None:
    bare = commonlit.model_copy(update={"source": None})
    (bare.folder / "train.csv").write_text("id\n")
    lacks = (
        r"lacks test.csv, sample_submission.csv, and .* no \[source\] .* commonlit --from FOLDER$"
    )
    with pytest.raises(UsageError, match=lacks):
        fetch(bare)
    (bare.folder / "train.csv").unlink()
    assert fetch(bare, downloads).files[0].rows == 2
    with pytest.raises(UsageError, match=r"--refresh gets the files again, but .* no \[source\]"):
        fetch(bare, refresh=True)


def test_names_in_the_toml_are_plain_and_differ(commonlit: Competition, downloads: Path) -> None:
    files = commonlit.files.model_copy(update={"train": "../train.csv", "test": "../train.csv"})
    with pytest.raises(UsageError, match=r"3 problems(.|\n)*'\.\./train\.csv'(.|\n)*must differ"):
        fetch(commonlit.model_copy(update={"files": files}), downloads)


def test_a_recipe_needs_a_name_for_its_solution(movie_valence: Competition) -> None:
    files = movie_valence.files.model_copy(update={"solution": ""})
    with pytest.raises(UsageError, match=r'add solution = "solution\.csv" to \[files\]'):
        fetch(movie_valence.model_copy(update={"files": files}))


def test_a_train_file_without_rows_is_refused(commonlit: Competition, downloads: Path) -> None:
    (downloads / "train.csv").write_text("id,excerpt,target,standard_error\n")
    # while an empty test file is a competition's own affair
    (downloads / "test.csv").write_text("id,excerpt\n")
    with pytest.raises(DataError) as caught:
        fetch(commonlit, downloads)
    assert caught.value.complaints == (
        "train.csv must have rows: it has only column names; get the whole file",
    )


@pytest.mark.parametrize(
    ("name", "rows"), [("commonlit", [2834, 7, 7]), ("samr", [156060, 66292, 66292])]
)
def test_the_real_files_are_those_the_shipped_toml_describes(
    shipped: Shipped, name: str, rows: list[int]
) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"{os.path.relpath(SHARED / name)} is not here")
    assert [file.rows for file in fetch(shipped(name), SHARED / name).files] == rows


def test_a_folder_that_is_not_there_is_refused_also_where_the_files_are(
    commonlit: Competition, downloads: Path, tmp_path: Path
) -> None:
    fetch(commonlit, downloads)
    with pytest.raises(DataError, match="--from names what is not there"):
        fetch(commonlit, tmp_path / "typo")


def test_a_folder_that_is_not_read_is_said(commonlit: Competition, downloads: Path) -> None:
    fetch(commonlit, downloads)
    said: list[str] = []
    assert fetch(commonlit, downloads, say=said.append).already_complete
    assert said == [f"note: {downloads} was not read, as the files are there; add --refresh"]
