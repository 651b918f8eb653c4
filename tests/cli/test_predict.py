"""`foldwise predict`."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from foldwise.errors import StorageError
from foldwise.paths import Project
from tests.cli.calling import Foldwise
from tests.tiny_competitions import write_rows


def test_the_test_file_gets_the_predictions_of_the_run(
    project: Project, foldwise: Foldwise
) -> None:
    for run in ("words", "both"):
        with (project.run(run) / "test.csv").open() as file:
            expected = list(csv.DictReader(file))
        done = foldwise(
            "predict", run, project.competition("tiny-regression") / "test.csv", "--json"
        )
        assert done.code == 0
        assert [row["id"] for row in done.json] == [row["id"] for row in expected]
        np.testing.assert_allclose(
            [row["outputs"]["target"] for row in done.json],
            [float(row["target"]) for row in expected],
            rtol=1e-12,
        )


def test_texts_on_the_command_line_are_numbered(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("predict", "words", "a good film", "--json", "an awful story")
    assert [row["id"] for row in done.json] == ["1", "2"]
    assert done.json[0]["outputs"]["target"] > done.json[1]["outputs"]["target"]


def test_pairs_come_two_by_two(project: Project, foldwise: Foldwise) -> None:
    assert foldwise("train", "pairs").code == 0
    done = foldwise("predict", "pairs", "good", "bad", "bad", "good")
    assert done.code == 0
    assert "1   good | bad" in done.out
    odd = foldwise("predict", "pairs", "alone")
    assert odd.code == 2
    assert "tiny-pairs predicts from text and second: give 2 texts each time, got 1" in odd.err
    test = project.competition("tiny-pairs") / "test.csv"
    assert len(foldwise("predict", "pairs", test, "--json").json) == 6


def test_a_classification_predicts_probabilities(project: Project, foldwise: Foldwise) -> None:
    assert foldwise("train", "labels").code == 0
    (row,) = foldwise("predict", "labels", "a film", "--json").json
    assert list(row["outputs"]) == ["p_dull", "p_fair", "p_fine"]
    assert sum(row["outputs"].values()) == pytest.approx(1)


def test_all_rows_are_written_and_the_first_are_shown(
    project: Project, foldwise: Foldwise, tmp_path: Path
) -> None:
    rows = [{"id": f"n{i}", "text": f"a film {i} " + "and so on " * 20} for i in range(25)]
    write_rows(tmp_path / "new.csv", rows)
    done = foldwise("predict", "words", tmp_path / "new.csv")
    assert "5 more rows are written by --output FILE\n" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    done = foldwise("predict", "words", tmp_path / "new.csv", "--output", tmp_path / "p" / "q.csv")
    assert done.err == f"wrote {tmp_path / 'p' / 'q.csv'}: 25 rows\n"
    assert len((tmp_path / "p" / "q.csv").read_text().splitlines()) == 26


def test_no_file_is_lost_to_predictions_unasked(
    project: Project, foldwise: Foldwise, tmp_path: Path
) -> None:
    own = tmp_path / "mine.csv"
    write_rows(own, [{"id": "n1", "text": "a film", "note": "precious"}])
    before = own.read_bytes()
    done = foldwise("predict", "words", own, "--output", own)
    assert (done.code, done.out) == (2, "")
    assert f"but {own} is there already; name another one, or add --replace" in done.err
    assert own.read_bytes() == before
    assert foldwise("predict", "words", own, "--replace").code == 2  # of no file
    assert foldwise("predict", "words", own, "--output", own, "--replace").code == 0
    assert own.read_text().splitlines()[0].startswith("id,")
    assert "note" not in own.read_text()


def test_an_object_a_row_is_made_only_for_json(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        pytest.fail("millions of objects that nobody asked for")

    monkeypatch.setattr("foldwise.cli.predict.as_json", fail)
    test = project.competition("tiny-regression") / "test.csv"
    assert foldwise("predict", "words", test).code == 0


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["name,text", "1,a"], "no column 'id' among 'name', 'text'"),
        (["id,text", "1,a", "1,b"], "'1'"),
        (["id,text", "1,a,b"], "line 2 has 3"),
        ([], "the file is empty"),
    ],
)
def test_a_wrong_file_is_bad_data(
    lines: list[str], message: str, project: Project, foldwise: Foldwise, tmp_path: Path
) -> None:
    path = tmp_path / "new.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    done = foldwise("predict", "words", path)
    assert done.code == 3
    assert message in done.err


def test_a_file_that_is_missing_is_no_text(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("predict", "words", "nothere.csv")
    assert done.code == 2
    assert "nothere.csv does not exist; give a file like test.csv" in done.err


@pytest.mark.parametrize("text", ["a" * 5000, "\x1b[31mred", "[bold] \U0001f600", "a\nb"])
def test_odd_texts_are_predicted_and_shown_on_one_line(
    text: str, project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("predict", "words", text)
    assert done.code == 0
    table = done.out.partition("training rows predicted most alike")[0]
    assert len(table.splitlines()) == 5
    assert "\x1b" not in done.out


@pytest.mark.parametrize(
    ("words", "got"), [([""], "1 of 1 is blank: got ''"), (["a", " "], "2 of 2")]
)
def test_a_blank_text_on_the_command_line_is_a_mistake(
    words: list[str], got: str, project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("predict", "words", *words)
    assert done.code == 2
    assert f"a text to predict has words, but text {got}" in done.err


@pytest.mark.parametrize("command", [("predict", "words", "a film"), ("report", "words")])
def test_a_folder_is_refused_as_the_output_before_any_work(
    command: tuple[str, ...], project: Project, foldwise: Foldwise, tmp_path: Path
) -> None:
    done = foldwise(*command, "--output", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert f"a file is written, but '{tmp_path}' is a folder; name a file in it" in done.err
    assert foldwise(*command, "--output", "").code == 2


def test_who_predicts_is_told_who_repairs_a_fold(project: Project, foldwise: Foldwise) -> None:
    fold = project.run("words") / "fold-1"
    (fold / "result.json").unlink()
    for command in (("predict", "words", "a film"), ("kernel", "build", "words")):
        done = foldwise(*command)
        assert done.code == 5
        assert f"{fold / 'result.json'}, of a finished run, is missing; delete {fold}" in done.err
        assert "run the command that trained words again" in " ".join(done.err.split())
    # which is so
    shutil.rmtree(fold)
    assert foldwise("train", "words").code == 0
    assert foldwise("predict", "words", "a film").code == 0


def test_a_text_is_shown_with_rows_like_it_and_what_its_words_add(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("predict", "words", "a very good film")
    assert done.code == 0
    near, words = done.out.split("training rows predicted most alike\n")[1].split("\n\n")[:2]
    assert near.splitlines()[0].split() == ["id", "fold", "target", "true", "text"]
    assert len(near.splitlines()) == 2 + 5
    assert words.splitlines()[:2] == ["what each word adds to target", "word  weight"]
    assert {line.split()[0] for line in words.splitlines()[3:5]} == {"very", "good"}
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_file_of_rows_has_predictions_alone(project: Project, foldwise: Foldwise) -> None:
    path = project.competition("tiny-regression") / "test.csv"
    assert "alike" not in foldwise("predict", "words", path).out
    assert set(foldwise("predict", "words", path, "--json").json[0]) == {"id", "outputs"}


def test_json_has_all_that_stands_behind_a_prediction(project: Project, foldwise: Foldwise) -> None:
    first, second = foldwise("predict", "words", "a good film", "bad", "--json").json
    assert list(first) == ["id", "outputs", "neighbours", "no_neighbours", "words"]
    assert {"id", "fold", "text", "predicted", "target", "distance"} == set(first["neighbours"][0])
    assert first["words"]["kind"] == "contribution"
    assert first["words"]["of"] == "target"
    (part,) = first["words"]["parts"]
    assert [word["word"] for word in part["words"]] == ["a", "good", "film"]
    assert [second["words"]["parts"][0]["words"][0][key] for key in ("start", "end")] == [0, 3]


def test_the_words_of_a_class_are_those_of_the_most_probable(
    project: Project, foldwise: Foldwise
) -> None:
    assert foldwise("train", "labels").code == 0
    rows = foldwise("predict", "labels", "very good great", "awful boring bad", "--json").json
    for row in rows:
        assert row["words"]["of"] == max(row["outputs"], key=row["outputs"].get)
        assert set(row["neighbours"][0]["target"].values()) <= {"dull", "fair", "fine"}
        assert sum(word["weight"] for word in row["words"]["parts"][0]["words"]) > 0


def test_several_texts_stand_one_under_the_other(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("predict", "both", "a good film", "an awful story")
    lines = done.out.splitlines()
    assert lines.index("1   a good film") < lines.index("2   an awful story")


def test_a_model_file_that_has_changed_is_a_storage_error(
    project: Project, foldwise: Foldwise
) -> None:
    (weights, *_) = (project.run("words") / "fold-1").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    done = foldwise("predict", "both", "a film")
    assert done.code == 5
    assert f"{weights} is missing or differs from what the fold wrote" in done.err


def test_a_prediction_is_shown_although_the_rows_it_was_learned_from_are_gone(
    project: Project, foldwise: Foldwise
) -> None:
    (project.competition("tiny-regression") / "train.csv").unlink()
    done = foldwise("predict", "words", "a good film")
    assert done.code == 0
    assert done.out.startswith("predictions\n")
    assert "what each word adds to target" in done.out
    assert "no training rows are shown: " in done.out
    assert "train.csv" in done.out.partition("no training rows are shown: ")[2]
    (row,) = foldwise("predict", "words", "a good film", "--json").json
    assert row["neighbours"] == []
    assert "train.csv" in row["no_neighbours"]
    assert row["words"]["parts"]


def test_a_prediction_is_shown_although_its_words_cannot_be_weighed(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise StorageError("vocabulary.json is damaged")

    monkeypatch.setattr("foldwise.pipeline.explaining.word_evidence", damaged)
    done = foldwise("predict", "words", "a good film")
    assert done.code == 0
    assert "training rows predicted most alike" in done.out
    assert done.out.endswith("no words are shaded: vocabulary.json is damaged\n")
