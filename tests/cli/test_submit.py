"""`foldwise submit`."""

import json

from foldwise.paths import Project
from tests.cli.calling import Foldwise
from tests.tiny_competitions import write_rows


def test_a_submission_is_written_with_where_it_comes_from(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("submit", "both")
    assert done.code == 0
    path = project.submission("both")
    assert f"wrote {path} (6 rows) and both.json\n" in done.out
    assert path.read_text().splitlines()[0] == "id,target"
    assert json.loads(path.with_suffix(".json").read_text())["run"] == "both"


def test_a_submission_takes_another_name(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("submit", "words", "--name", "first", "--json")
    assert done.json["submission"] == str(project.submission("first"))
    assert not project.submission("words").exists()


def test_a_check_writes_nothing(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("submit", "words", "--check-only")
    assert done.code == 0
    assert "6 rows agree with the sample submission; nothing written\n" in done.out
    assert not project.submission("words").exists()
    assert foldwise("submit", "words", "--check-only", "--json").json["submission"] is None


def test_predictions_that_somebody_edited_are_refused(project: Project, foldwise: Foldwise) -> None:
    test = project.run("words") / "test.csv"
    test.write_text(test.read_text().replace("t003", "t999"))
    done = foldwise("submit", "words")
    assert done.code == 5
    assert str(test) in done.err
    assert not project.submission("words").exists()


def test_a_run_of_other_data_is_refused(project: Project, foldwise: Foldwise) -> None:
    folder = project.competition("tiny-regression")
    (folder / "train.csv").write_text((folder / "train.csv").read_text().replace("film", "movie"))
    done = foldwise("submit", "words")
    assert done.code == 3
    assert "have changed since run 'words' was made" in done.err


def test_a_test_file_that_differs_from_the_sample_is_refused(
    project: Project, foldwise: Foldwise
) -> None:
    folder = project.competition("tiny-regression")
    write_rows(folder / "test.csv", [{"id": "t000", "text": "alone"}])
    done = foldwise("submit", "words")
    assert done.code == 3
    assert "t001" in done.err


def test_an_ensemble_is_refused_when_a_member_was_trained_anew(
    project: Project, foldwise: Foldwise
) -> None:
    foldwise("train", "words", "seed=8", "tfidf.penalty=9.0", "--fresh")
    done = foldwise("submit", "both")
    assert done.code == 3
    assert "the ensemble 'both' needs its member 'words' as it was blended" in done.err
    command = "ensemble words letters --name both --method mean"
    assert f"run: foldwise {command}" in done.err
    assert foldwise(*command.split()).code == 0
    assert foldwise("submit", "both").code == 0


def test_an_unknown_or_unfinished_run_is_told_apart(project: Project, foldwise: Foldwise) -> None:
    unknown = foldwise("submit", "wrods")
    assert unknown.code == 2
    assert "did you mean 'words'?" in unknown.err
    foldwise("train", "words", "--name", "half", "--folds", "0")
    unfinished = foldwise("submit", "half")
    assert unfinished.code == 3
    assert "run 'half' has not finished" in unfinished.err
