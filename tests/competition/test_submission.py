"""A submission is the sample with other values: checked, whole, and traceable."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foldwise import storage
from foldwise.competition.competition import Competition, FileFormat
from foldwise.competition.sample import Sample, load_sample
from foldwise.competition.submission import (
    Submission,
    build_submission,
    check_submission,
    submission_text,
    write_submission,
)
from foldwise.errors import DataError, StorageError

MakeCompetition = Callable[..., Competition]
LABELS = ("neg", "mid", "pos")
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@pytest.fixture
def sample(make_competition: MakeCompetition) -> Sample:
    return load_sample(make_competition(), ())


def labelled(make_competition: MakeCompetition, header: str, labels: tuple[str, ...]) -> Sample:
    columns = header.split(",")
    rows = "".join(
        ",".join(name if column == "id" else "0" for column in columns) + "\n"
        for name in ("x", "y")
    )
    metric = "auc" if len(labels) == 2 else "accuracy"
    competition = make_competition(
        {"sample.csv": f"{header}\n{rows}"}, task="classification", metric=metric
    )
    return load_sample(competition, labels)


def complaints_of(submission: Submission | Path, sample: Sample) -> list[str]:
    with pytest.raises(DataError) as caught:
        check_submission(submission, sample)
    assert caught.value.exit_code == 3
    return list(caught.value.complaints)


def test_predictions_are_put_into_the_order_of_the_sample(sample: Sample) -> None:
    built = build_submission(sample, ["y", "x"], np.array([[0.1 + 0.2], [-1e-7]]))
    assert built == Submission(("id", "target"), (("x", "-1e-07"), ("y", "0.30000000000000004")))
    assert check_submission(built, sample) is built


def test_the_most_probable_label_is_submitted(make_competition: MakeCompetition) -> None:
    sample = labelled(make_competition, "id,target", LABELS)
    built = build_submission(sample, ["x", "y"], np.array([[0.2, 0.3, 0.5], [0.4, 0.4, 0.2]]))
    assert built.rows == (("x", "pos"), ("y", "neg"))  # the first of equals


def test_a_ranking_metric_gets_the_probability_of_the_second_label(
    make_competition: MakeCompetition,
) -> None:
    sample = labelled(make_competition, "id,target", ("0", "1"))
    built = build_submission(sample, ["x", "y"], np.array([[0.25, 0.75], [0.5, 0.5]]))
    assert built.rows == (("x", "0.75"), ("y", "0.5"))


def test_probabilities_stand_under_their_labels(make_competition: MakeCompetition) -> None:
    sample = labelled(make_competition, "p_pos,p_neg,id,p_mid", LABELS)
    built = build_submission(sample, ["y", "x"], np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]]))
    assert built.rows == (("0.2", "0.5", "x", "0.3"), ("0.7", "0.1", "y", "0.2"))
    assert check_submission(built, sample) is built


@pytest.mark.parametrize("ids", [(), ("only",)])
def test_an_empty_or_one_row_test_makes_a_valid_submission(
    make_competition: MakeCompetition, tmp_path: Path, ids: tuple[str, ...]
) -> None:
    for task, metric, labels in (("regression", "rmse", ()), ("classification", "qwk", LABELS)):
        rows = "".join(f"{name},0\n" for name in ids)
        competition = make_competition(
            {"sample.csv": f"id,target\n{rows}"}, task=task, metric=metric
        )
        sample = load_sample(competition, labels)
        built = build_submission(sample, ids, np.full((len(ids), len(labels) or 1), 0.25))
        write_submission(tmp_path / "s.csv", built, sample, {})
        assert check_submission(tmp_path / "s.csv", sample) == built
        assert len(built.rows) == len(ids)


def test_predictions_for_other_ids_are_refused(sample: Sample) -> None:
    with pytest.raises(DataError) as caught:
        build_submission(sample, ["x", "z", "x"], np.array([[1.0], [2.0], [np.nan]]))
    assert caught.value.complaints == (
        "the predictions: every id of sample.csv needs a row, but 1 has none: y; predict the "
        "test rows again",
        "the predictions: only ids of sample.csv may have a row, but 1 other does: 'z'; predict "
        "the test rows again",
        "the predictions: every id has one row, but 1 has more: x; remove the repeated rows",
        "the predictions: values must be finite, but those of 1 id are not: x; find the run that "
        "made them",
    )


def test_another_number_of_outputs_is_a_mistake_of_the_caller(sample: Sample) -> None:
    with pytest.raises(ValueError, match=r"values must be \(ids, outputs\) = \(2, 1\)"):
        build_submission(sample, ["x", "y"], np.zeros((2, 3)))


def test_all_faults_of_a_submitted_file_are_listed_at_once(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("id,target\nx,nan\nx,1\nz,\nw,inf,3\n")
    assert complaints_of(path, sample) == [
        f"{path}: every row must have 2 fields like the header, but line 5 has 3; quote fields "
        "that hold the separator or a line end, or remove the extra ones",
        f"{path}: every id of sample.csv needs a row, but 1 has none: y; predict the test rows "
        "again",
        f"{path}: only ids of sample.csv may have a row, but 1 other does: 'z'; predict the test "
        "rows again",
        f"{path}: every id has one row, but 1 has more: x; remove the repeated rows",
        f"{path}: a cell must be a finite number, got 'nan' for 'x' in 'target' (line 2), "
        "'' for 'z' in 'target' (line 4); find the run that made them",
    ]


def test_unknown_labels_are_listed_with_the_nearest(make_competition: MakeCompetition) -> None:
    sample = labelled(make_competition, "id,target", LABELS)
    assert complaints_of(Submission(sample.header, (("x", "poss"), ("y", "neg"))), sample) == [
        "the submission: a cell must be one of the labels, got 'poss' (did you mean 'pos'?) for "
        "'x' in 'target' (line 2); find the run that made them"
    ]


def test_probabilities_lie_between_0_and_1(make_competition: MakeCompetition) -> None:
    sample = labelled(make_competition, "id,neg,mid,pos", LABELS)
    rows = (("x", "0.5", "0.5", "0"), ("y", "-0.1", "1.1", "0"))
    assert complaints_of(Submission(sample.header, rows), sample) == [
        "the submission: a cell must be a probability from 0 to 1, got '-0.1' for 'y' in 'neg' "
        "(line 3), '1.1' for 'y' in 'mid' (line 3); find the run that made them"
    ]


def test_another_order_is_refused(sample: Sample) -> None:
    assert complaints_of(Submission(sample.header, (("y", "1"), ("x", "1"))), sample) == [
        "the submission: ids must be in the order of sample.csv, but row 1 has 'y' instead of "
        "'x'; build the submission again"
    ]


def test_another_header_is_refused(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("target,id\n1,x\n1,y\n")
    assert complaints_of(path, sample) == [
        f"{path}: the header must be 'id,target' as in sample.csv, got 'target,id'; build the "
        "submission again"
    ]
    path.write_text("id,target,index\nx,1,0\ny,1,1\n")
    assert "got 'id,target,index'" in complaints_of(path, sample)[0]
    path.write_text("id,score\nx,1\ny,1\n")
    assert "no column 'target' among 'id', 'score'" in complaints_of(path, sample)[0]


@pytest.mark.parametrize("content", ["", "id,target\n"])
def test_an_empty_file_is_refused(sample: Sample, tmp_path: Path, content: str) -> None:
    (tmp_path / "s.csv").write_text(content)
    assert complaints_of(tmp_path / "s.csv", sample)


def test_a_row_of_another_length_is_refused(sample: Sample) -> None:
    assert complaints_of(Submission(sample.header, (("x", "1"), ("y",))), sample) == [
        "the submission: every row must have 2 cells, not so line 3"
    ]


def test_a_written_submission_says_where_it_comes_from(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "submissions" / "best.csv"
    built = build_submission(sample, ["x", "y"], np.array([[1.0], [2.0]]))
    write_submission(path, built, sample, {"score": 0.47, "runs": ["a", "b"]})
    assert path.read_bytes() == b"id,target\nx,1.0\ny,2.0\n"
    assert json.loads(path.with_suffix(".json").read_text()) == {
        "score": 0.47,
        "runs": ["a", "b"],
        "file": "best.csv",
        "rows": 2,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    assert sorted(file.name for file in path.parent.iterdir()) == ["best.csv", "best.json"]


def test_provenance_leaves_the_hash_to_the_writer(sample: Sample, tmp_path: Path) -> None:
    built = build_submission(sample, ["x", "y"], np.zeros((2, 1)))
    with pytest.raises(ValueError, match="provenance must leave sha256 to the writer"):
        write_submission(tmp_path / "s.csv", built, sample, {"sha256": ""})
    assert not list(tmp_path.glob("s.*"))


def test_a_faulty_submission_is_not_written(sample: Sample, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        write_submission(tmp_path / "s.csv", Submission(sample.header, ()), sample, {})
    assert not list(tmp_path.glob("s.*"))


def test_a_full_disk_leaves_the_old_file(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out" / "s.csv"
    old = build_submission(sample, ["x", "y"], np.zeros((2, 1)))
    write_submission(path, old, sample, {})
    before = path.read_bytes()

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "sync_file", full)
    with pytest.raises(StorageError):
        write_submission(path, build_submission(sample, ["x", "y"], np.ones((2, 1))), sample, {})
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["s.csv", "s.json"]


# The ids of a sample come back as they were, whatever they hold.
@given(st.lists(ANY_TEXT, unique=True, max_size=6))
@settings(max_examples=100, deadline=None)
def test_any_ids_survive_writing_and_checking(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str]
) -> None:
    path = tmp_path_factory.mktemp("ids") / "s.csv"
    sample = Sample(path, ("id", "target"), "id", tuple(ids), FileFormat(), "values", (0,), ())
    built = build_submission(sample, ids, np.zeros((len(ids), 1)))
    path.write_bytes(submission_text(built, sample.format).encode())
    assert check_submission(path, sample) == built
