"""A valid submission before anything else, and the ids of the hidden test."""

from pathlib import Path

import pytest

from foldwise.competition.submission import check_submission
from foldwise.errors import DataError
from foldwise.kaggle.session.inference import read_test, stage_inference
from foldwise.kaggle.session.report import read_report
from foldwise.kaggle.session.safety_net import lay_safety_net, sample_of_test
from foldwise.paths import Project
from tests.kaggle.sessions import begun
from tests.tiny_competitions import load_tiny, write_rows


def data(folder: Path, test: list[str], sample: list[str]) -> Path:
    """Files of a competition with these ids in its test and its sample submission."""
    folder.mkdir()
    rows = [{"id": name, "text": f"a film {name}"} for name in test]
    write_rows(folder / "test.csv", rows, header=("id", "text"))
    lines = [{"id": name, "target": "0"} for name in sample]
    write_rows(folder / "sample_submission.csv", lines, header=("id", "target"))
    return folder


def test_every_row_gets_the_training_rows_mean(
    words_built: Path, project: Project, tmp_path: Path
) -> None:
    session = begun(words_built, tmp_path / "k", project.competition("tiny-regression"))
    sample = lay_safety_net(session, stage_inference(session))
    written = check_submission(session.submission, sample)
    targets = load_tiny(project, "tiny-regression").train.targets
    assert targets is not None
    (value,) = {float(row[1]) for row in written.rows}
    assert value == pytest.approx(targets.mean())
    report = read_report(session.working)
    assert (report.state, report.rows) == ("safety-net", len(sample.ids))


def test_on_the_hidden_test_the_test_file_decides_which_rows_there_are(
    words_built: Path, tmp_path: Path
) -> None:
    hidden = data(tmp_path / "data", ["c", "a", "d"], ["a", "b"])
    session = begun(words_built, tmp_path / "k", hidden, rerun=True)
    competition = stage_inference(session)
    sample = lay_safety_net(session, competition)
    test = read_test(session, competition)
    wanted = sample_of_test(session, sample, test, competition)
    assert wanted.ids == ("c", "a", "d")
    assert check_submission(session.submission, wanted).rows[0][0] == "c"  # the net too
    assert "the sample submission has 2 ids, the hidden test 3" in session.remarks[0]


def test_elsewhere_such_a_difference_is_bad_data(words_built: Path, tmp_path: Path) -> None:
    session = begun(words_built, tmp_path / "k", data(tmp_path / "data", ["a"], ["a", "b"]))
    competition = stage_inference(session)
    sample = lay_safety_net(session, competition)
    with pytest.raises(DataError, match="b"):
        sample_of_test(session, sample, read_test(session, competition), competition)
    assert session.submission.is_file()


def test_the_samples_order_is_kept(words_built: Path, tmp_path: Path) -> None:
    session = begun(words_built, tmp_path / "k", data(tmp_path / "data", ["a", "b"], ["b", "a"]))
    competition = stage_inference(session)
    sample = lay_safety_net(session, competition)
    test = read_test(session, competition)
    assert sample_of_test(session, sample, test, competition).ids == ("b", "a")


def test_a_test_without_rows_is_a_header(words_built: Path, tmp_path: Path) -> None:
    session = begun(words_built, tmp_path / "k", data(tmp_path / "data", [], []))
    competition = stage_inference(session)
    lay_safety_net(session, competition)
    assert session.submission.read_text() == "id,target\n"
    assert len(read_test(session, competition)) == 0
