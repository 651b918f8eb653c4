from dataclasses import replace
from pathlib import Path

import pytest

from foldwise.errors import StorageError, UsageError
from foldwise.kaggle.session import checks
from foldwise.kaggle.session.checks import check_package, check_room, check_versions
from foldwise.kaggle.session.session import Session
from foldwise.paths import Project
from tests.kaggle.sessions import begun


@pytest.fixture
def session(words_built: Path, project: Project, tmp_path: Path) -> Session:
    return begun(words_built, tmp_path / "kaggle", project.competition("tiny-regression"))


def test_the_package_as_it_was_built_passes(session: Session) -> None:
    check_package(session)
    assert check_versions(session) == []
    assert session.remarks == []
    assert check_room(session, needed=1) > 0


def test_all_damaged_files_are_named_at_once(session: Session) -> None:
    for fold in (0, 2):
        path = session.folder / "runs" / "words" / f"fold-{fold}" / "vocabulary.json"
        path.write_text("{}")
    with pytest.raises(StorageError) as caught:
        check_package(session)
    assert len(caught.value.complaints) == 2
    assert "upload the dataset again" in str(caught.value)


def test_another_version_is_remarked(session: Session) -> None:
    versions = {**session.package.versions, "numpy": "1.0"}
    session = replace(session, package=replace(session.package, versions=versions))
    (changed,) = check_versions(session)
    assert changed.startswith("numpy 1.0 -> ")
    assert changed in session.remarks[0]


def test_a_package_that_is_missing_or_too_old_is_refused(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"transformers": "4.57.1", "torch": None}
    real = checks.version_of
    monkeypatch.setattr(checks, "version_of", lambda name: found.get(name, real(name)))
    with pytest.raises(UsageError) as caught:
        check_versions(session)
    assert "transformers must be 5 or newer, the image has 4.57.1" in str(caught.value)
    assert "the image lacks torch" in str(caught.value)


@pytest.mark.parametrize("line", ["torch>=2,<3", "torch", 'torch>=2; sys_platform == "linux"'])
def test_a_requirement_that_cannot_be_checked_is_refused(
    session: Session, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    class Installed:
        requires = ("numpy>=2", 'ray>=2; extra == "ray"', line)

    monkeypatch.setattr(checks, "distribution", lambda _name: Installed)
    with pytest.raises(UsageError, match=r"must be NAME>=VERSION .* got 'torch"):
        check_versions(session)


def test_too_little_room_is_told(session: Session) -> None:
    with pytest.raises(StorageError, match="needs 1,000,000,000,000,000 bytes free"):
        check_room(session, needed=10**15)
