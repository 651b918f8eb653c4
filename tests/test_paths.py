from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import UsageError
from foldwise.paths import Project, cache_folder, checked_name, find_project

PATHS = ["../x", "a/b", "/etc/passwd", "..", ".", "", ".hidden", "a\\b", "a\n", "a b", "é", "-x"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in ("movie-valence", "commonlit"):
        (tmp_path / "input" / name).mkdir(parents=True)
        (tmp_path / "input" / name / "competition.toml").touch()
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "minilm.toml").touch()
    return Project(tmp_path)


def test_each_thing_has_its_place(project: Project) -> None:
    root = project.root
    assert project.competition("commonlit") == root / "input" / "commonlit"
    assert project.folds("commonlit") == root / "folds" / "commonlit.csv"
    assert project.run("minilm-2.1") == root / "runs" / "minilm-2.1"
    assert project.submission("minilm") == root / "submissions" / "minilm.csv"


@pytest.mark.parametrize("name", PATHS)
def test_a_name_that_is_a_path_is_refused_everywhere(project: Project, name: str) -> None:
    for place in (project.competition, project.folds, project.run, project.submission):
        with pytest.raises(UsageError, match="name is up to 100 letters, digits"):
            place(name)
    with pytest.raises(UsageError):
        project.experiment(name)


@given(st.text())
def test_an_accepted_name_is_one_visible_file(name: str) -> None:
    try:
        checked_name("run", name)
    except UsageError:
        return
    assert Path(name).name == name
    assert not name.startswith(".")
    assert len(f".{name}.csv.00000000.tmp".encode()) <= 255  # the longest that is made of it


def test_a_name_may_have_a_hundred_characters(project: Project) -> None:
    assert checked_name("run", "a" * 100) == "a" * 100
    with pytest.raises(UsageError):
        checked_name("run", "a" * 101)


def test_an_unknown_competition_is_refused_with_the_nearest(project: Project) -> None:
    with pytest.raises(UsageError, match="did you mean 'movie-valence'\\?"):
        project.competition("movie-valance")


def test_a_folder_without_its_toml_is_no_competition(project: Project) -> None:
    (project.root / "input" / "empty").mkdir()
    with pytest.raises(UsageError, match="no competition 'empty'"):
        project.competition("empty")


@pytest.mark.parametrize("name", ["minilm", "minilm.toml"])
def test_an_experiment_goes_by_its_name(project: Project, name: str) -> None:
    assert project.experiment(name) == project.root / "experiments" / "minilm.toml"


def test_an_experiment_may_be_a_file_anywhere(project: Project) -> None:
    path = project.root / "elsewhere.toml"
    path.touch()
    assert project.experiment(str(path)) == path


@pytest.mark.parametrize("name", ["minilmm", "../experiments/minilmm", "experiments/minilmm.toml"])
def test_an_unknown_experiment_is_refused_with_the_nearest(project: Project, name: str) -> None:
    with pytest.raises(UsageError, match="did you mean 'minilm'\\?"):
        project.experiment(name)


def test_a_name_does_not_reach_out_of_the_experiments(project: Project) -> None:
    (project.root / "secret.toml").touch()
    with pytest.raises(UsageError, match=r"no experiment '\.\./secret'"):
        project.experiment("../secret")


def test_the_project_is_the_nearest_folder_upwards_with_input(project: Project) -> None:
    inside = project.root / "runs" / "a"
    inside.mkdir(parents=True)
    assert find_project(inside) == Project(project.root.resolve())


def test_a_variable_chooses_the_project(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLDWISE_ROOT", str(tmp_path / "other"))
    with pytest.raises(UsageError, match=r"FOLDWISE_ROOT names the project's folder, but .*/other"):
        find_project(project.root)
    (tmp_path / "other").mkdir()
    assert find_project(project.root) == Project((tmp_path / "other").resolve())


def test_no_project_anywhere_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda _path: False)
    with pytest.raises(UsageError, match="mkdir input, or set FOLDWISE_ROOT"):
        find_project(tmp_path)


def test_the_cache_goes_where_the_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDWISE_CACHE", "/a")
    assert cache_folder("tokens") == Path("/a/tokens")
    # an empty variable is an unset one, not the working folder
    monkeypatch.setenv("FOLDWISE_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert cache_folder("tokens") == Path("/b/foldwise/tokens")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/c")
    assert cache_folder("tokens") == Path("/c/.cache/foldwise/tokens")
