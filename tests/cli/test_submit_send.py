"""`foldwise submit RUN --send`, with a program that stands in for Kaggle's."""

import json
from pathlib import Path

import pytest

from foldwise.paths import Project
from tests.cli.calling import Foldwise
from tests.stand_in import calls_in, stand_in_for_kaggle

TOOK = "Successfully submitted to Some Competition"


@pytest.fixture
def on_kaggle(project: Project) -> Project:
    """The project, whose competition is Kaggle's `some-slug`."""
    path = project.competition("tiny-regression") / "competition.toml"
    path.write_text(f'{path.read_text()}[source]\nkaggle = "some-slug"\n')
    return project


def test_a_checked_submission_is_sent_and_that_is_kept_beside_it(
    on_kaggle: Project, foldwise: Foldwise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, TOOK)
    done = foldwise("submit", "words", "--send", "--message", "the first")
    assert done.code == 0, done.err
    path = on_kaggle.submission("words")
    ((*words, file, _, message),) = calls_in(log)
    assert words == ["competitions", "submit", "-c", "some-slug", "-f"]
    assert (file, message) == (str(path), "the first")
    assert f"sent to some-slug: {TOOK}" in done.out
    (sent,) = json.loads(path.with_suffix(".json").read_text())["sent"]
    assert (sent["competition"], sent["message"], sent["said"]) == ("some-slug", "the first", TOOK)


def test_the_message_is_the_run_and_its_score_unless_one_is_given(
    on_kaggle: Project, foldwise: Foldwise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, TOOK)
    done = foldwise("submit", "words", "--send", "--json")
    score = done.json["oof"]["rmse"]["value"]
    assert calls_in(log)[0][-1] == f"words: OOF rmse {score:.5f}"
    assert done.json["sent"]["said"] == TOOK


def test_without_the_program_the_command_to_run_is_told(
    on_kaggle: Project, foldwise: Foldwise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = foldwise("submit", "words", "--send", "--message", "my words")
    assert done.code == 2
    path = on_kaggle.submission("words")
    assert f"{path} is checked and written, but was not sent: there is no program" in done.err
    assert f"kaggle competitions submit -c some-slug -f {path} -m 'my words'" in done.err
    assert "sent" not in json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize(
    ("says", "code"),
    [("400 - Bad Request", 1), ("Could not submit", 0), ("Submission was unsuccessful", 0)],
)
def test_a_refusal_is_not_recorded_as_sent(
    on_kaggle: Project,
    foldwise: Foldwise,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    says: str,
    code: int,
) -> None:
    stand_in_for_kaggle(tmp_path / "bin", monkeypatch, says, code)
    done = foldwise("submit", "words", "--send")
    assert done.code == 3
    assert says in done.err
    assert f"wrote {on_kaggle.submission('words')}" in " ".join(done.out.split())
    record = on_kaggle.submission("words").with_suffix(".json")
    assert "sent" not in json.loads(record.read_text())


def test_a_competition_that_is_not_kaggles_is_refused_before_anything_is_written(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("submit", "words", "--send")
    assert done.code == 2
    assert "competition.toml has no source.kaggle; leave out --send" in done.err
    assert not project.submission("words").exists()


def test_a_message_that_is_not_sent_is_refused(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("submit", "words", "--message", "the first")
    assert done.code == 2
    assert "got 'the first' for a submission that is not sent; add --send" in done.err
    assert not project.submission("words").exists()
