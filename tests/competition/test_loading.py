"""A competition's files become rows, or one error with everything that is wrong."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from foldwise.competition.competition import Competition, Source, load_competition
from foldwise.competition.loading import load, load_labels, load_rows, load_test, load_train
from foldwise.errors import DataError, UsageError

MakeCompetition = Callable[..., Competition]
SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared_data = pytest.mark.skipif(not SHARED.is_dir(), reason="no competition data here")


def complaints_of(job: Callable[[Competition], object], competition: Competition) -> list[str]:
    with pytest.raises(DataError) as caught:
        job(competition)
    assert caught.value.exit_code == 3
    return [text.replace(f"{competition.folder}/", "") for text in caught.value.complaints]


def test_everything_a_competition_has_is_loaded(make_competition: MakeCompetition) -> None:
    train = "id,text,target,sd,book,level\n1,a,0.5,0,x,low\n2,b,-1,.25,x,high\n"
    loaded = load(
        make_competition({"train.csv": train}, target_sd="sd", group="book", stratify="level")
    )
    assert loaded.train.ids == ("1", "2")
    assert loaded.train.texts == (("a",), ("b",))
    assert loaded.train.targets is not None
    assert loaded.train.targets.tolist() == [[0.5], [-1.0]]
    assert loaded.train.target_sd is not None
    assert loaded.train.target_sd.tolist() == [0.0, 0.25]  # a noise of 0 is allowed
    assert loaded.train.groups == ("x", "x")
    assert loaded.train.lines.tolist() == [2, 3]
    assert loaded.strata == ("low", "high")
    assert (loaded.labels, loaded.outputs) == ((), ("target",))
    assert loaded.test.ids == ("x", "y") == loaded.sample.ids
    assert loaded.test.targets is None


def test_two_columns_make_a_pair(make_competition: MakeCompetition) -> None:
    files = {
        "train.csv": "id,q1,q2,target\n1,a,b,0\n",
        "test.csv": "id,q1,q2\nx,c,d\ny,e,f\n",
    }
    loaded = load(make_competition(files, text=["q1", "q2"]))
    assert loaded.train.texts == (("a", "b"),)
    assert loaded.test.texts == (("c", "d"), ("e", "f"))


def test_several_targets_are_columns_in_their_order(make_competition: MakeCompetition) -> None:
    files = {
        "train.csv": "id,text,two,one\n1,a,2,1\n",
        "sample.csv": "id,two,one\nx,0,0\ny,0,0\n",
    }
    loaded = load(make_competition(files, target=["one", "two"], metric="mcrmse"))
    assert loaded.train.targets is not None
    assert loaded.train.targets.tolist() == [[1.0, 2.0]]
    assert loaded.outputs == ("one", "two")


def test_strange_texts_are_kept_exactly(make_competition: MakeCompetition) -> None:
    texts = ["", " ", "a", "😀" * 5, "NA", "x\0y", "line\r\nline", "long " * 20_000]
    rows = "".join(f'0{i},"{text}",{i}\n' for i, text in enumerate(texts))
    train = load_train(make_competition({"train.csv": f"id,text,target\n{rows}"}))
    assert train.texts == tuple((text,) for text in texts)
    assert train.ids[0] == "00"


@pytest.mark.parametrize("rows", ["", "x,only\n"])
def test_a_test_file_may_have_one_row_or_none(make_competition: MakeCompetition, rows: str) -> None:
    sample = "id,target\n" + ("x,0\n" if rows else "")
    loaded = load(make_competition({"test.csv": f"id,text\n{rows}", "sample.csv": sample}))
    assert len(loaded.test) == len(loaded.sample.ids) == (1 if rows else 0)


def test_a_larger_reordered_test_file_is_loaded(make_competition: MakeCompetition) -> None:
    names = [f"{i:05}" for i in range(20_000)]
    files = {
        "test.csv": "id,text\n" + "".join(f"{name},a\n" for name in reversed(names)),
        "sample.csv": "id,target\n" + "".join(f"{name},0\n" for name in names),
    }
    loaded = load(make_competition(files))
    assert set(loaded.test.ids) == set(loaded.sample.ids)


def test_all_faults_of_a_training_file_are_listed_at_once(
    make_competition: MakeCompetition,
) -> None:
    train = (
        "id,text,target,sd,book\n"
        "a,one,1,0.1,x\n"
        ",two,2,0.1,x\n"
        "a,three,nan,0.1,\n"
        'b,"fo\nur",,0.1,x\n'
        "c,five,1_0,-0.5,x\n"
        "a,six,-inf,inf,x\n"
        "d,seven,x,,x,more\n"
        "e,eight,bad,high,x\n"
    )
    competition = make_competition({"train.csv": train}, target_sd="sd", group="book")
    assert complaints_of(load_train, competition) == [
        "train.csv: every row must have 5 fields like the header, but line 9 has 6; quote fields "
        "that hold the separator or a line end, or remove the extra ones",
        "train.csv: every row needs a value, but 'target' is empty on line 5; fill in or drop "
        "these rows",
        "train.csv: 'target' must be a number, got '1_0' (line 7), 'bad' (line 10); correct or "
        "drop these rows",
        "train.csv: 'target' must be finite, got 'nan' (line 4), '-inf' (line 8); correct or drop "
        "these rows",
        "train.csv: 'sd' must be a number, got 'high' (line 10); correct or drop these rows",
        "train.csv: 'sd' must be finite, got 'inf' (line 8); correct or drop these rows",
        "train.csv: a standard deviation is 0 or more, but 'sd' is '-0.5' (line 7); correct these "
        "rows",
        "train.csv: every row needs a group, but 'book' is empty on line 4; give rows that stand "
        "alone a group of their own",
        "train.csv: every row needs an id, but 'id' is empty on line 3; give each an id of its own",
        "train.csv: ids must be unique, but 1 stands more than once in 'id': 'a' (lines 2, 4, 8); "
        "remove the repeated rows or rename their ids",
    ]


def test_the_faults_of_both_files_come_in_one_error(make_competition: MakeCompetition) -> None:
    competition = make_competition(
        {"train.csv": "id,text,target\na,one,\n", "test.csv": "id,text\nx,a\nx,b\n"}
    )
    assert complaints_of(load, competition) == [
        "train.csv: every row needs a value, but 'target' is empty on line 2; fill in or drop "
        "these rows",
        "test.csv: ids must be unique, but 1 stands more than once in 'id': 'x' (lines 2, 3); "
        "remove the repeated rows or rename their ids",
    ]


def test_all_missing_files_are_named_with_the_command_that_fetches_them(
    make_competition: MakeCompetition,
) -> None:
    competition = make_competition()
    competition.path("train").unlink()
    competition.path("sample_submission").unlink()
    assert complaints_of(load, competition) == [
        "train.csv does not exist; run: foldwise data tiny",
        "sample.csv does not exist; run: foldwise data tiny",
    ]
    assert complaints_of(load_train, competition) == [
        "train.csv does not exist; run: foldwise data tiny"
    ]


def test_a_sample_with_other_ids_than_the_test_rows_is_refused(
    make_competition: MakeCompetition,
) -> None:
    competition = make_competition({"sample.csv": "id,target\ny,0\nz,0\n"})
    assert complaints_of(load, competition) == [
        "sample.csv: a sample submission has the ids of the test rows, but 1 is missing of "
        "test.csv: x; the two files must belong together: correct one of them",
        "sample.csv: a sample submission has the ids of the test rows, but 1 is not in test.csv: "
        "z; the two files must belong together: correct one of them",
    ]


def test_files_that_were_fetched_can_be_fetched_again(make_competition: MakeCompetition) -> None:
    competition = make_competition({"sample.csv": "id,target\nx,0\n"})
    fetched = competition.model_copy(update={"source": Source(pypi="vader")})
    (complaint,) = complaints_of(load, fetched)
    assert complaint.endswith(
        "y; the two files must come from one download; get both again: foldwise data tiny --refresh"
    )


def test_a_target_that_is_constant_is_refused(make_competition: MakeCompetition) -> None:
    competition = make_competition({"train.csv": "id,text,target\na,one,2\nb,two,2.0\n"})
    assert complaints_of(load, competition) == [
        "train.csv: a target needs at least two values, but 'target' is 2 in all 2 rows, so that "
        "there is nothing to learn; correct `target` in competition.toml, or the file"
    ]


def test_an_unknown_metric_is_refused_before_any_file_is_read(
    make_competition: MakeCompetition,
) -> None:
    competition = make_competition({"train.csv": ""}, metric="rmsee")
    with pytest.raises(UsageError, match="did you mean 'rmse'"):
        load(competition)


def test_labels_become_their_positions(make_competition: MakeCompetition) -> None:
    train = "id,text,target\na,one,pos\nb,two,neg\nc,three,pos\n"
    competition = make_competition({"train.csv": train}, task="classification", metric="accuracy")
    loaded = load(competition)
    assert loaded.labels == ("neg", "pos") == load_labels(competition)
    assert loaded.outputs == ("p_neg", "p_pos")
    assert loaded.train.targets is not None
    assert loaded.train.targets.tolist() == [[1.0], [0.0], [1.0]]


def test_unknown_labels_are_listed_with_the_nearest_and_the_lines(
    make_competition: MakeCompetition,
) -> None:
    train = "id,text,target\na,one,positive\nb,two,negativ\nc,three,\nd,four,negativ\n"
    competition = make_competition(
        {"train.csv": train},
        task="classification",
        metric="accuracy",
        labels=["negative", "neutral", "positive"],
    )
    assert complaints_of(load_train, competition) == [
        "train.csv: every row needs a value, but 'target' is empty on line 4; fill in or drop "
        "these rows",
        "train.csv: 'target' must be one of the labels, got 'negativ' (did you mean 'negative'?) "
        "on line 3, 5; correct or drop these rows, or list all labels in competition.toml",
        "train.csv: every label needs training rows, but none has 'negative', 'neutral' in "
        "'target'; correct `labels` in competition.toml",
    ]


@pytest.mark.parametrize("mark", ["nan", "NaN", "inf", "NA", "null"])
def test_a_mark_of_a_missing_value_is_no_label_among_numbers(
    make_competition: MakeCompetition, mark: str
) -> None:
    train = f"id,text,target\na,one,0\nb,two,1\nc,three,{mark}\n"
    competition = make_competition({"train.csv": train}, task="classification", metric="accuracy")
    assert complaints_of(load_train, competition) == [
        f"train.csv: 'target' must be one of the labels, got {mark!r} (known: 0, 1) on line 4; "
        "correct or drop these rows, or list all labels in competition.toml"
    ]


def test_one_label_alone_is_no_classification(make_competition: MakeCompetition) -> None:
    train = "id,text,target\na,one,0\nb,two,0\n"
    competition = make_competition({"train.csv": train}, task="classification", metric="accuracy")
    assert complaints_of(load_train, competition) == [
        "train.csv: a classification needs two labels, got ['0']; check the target column"
    ]


def test_test_rows_need_no_targets(make_competition: MakeCompetition) -> None:
    competition = make_competition(group="book", target_sd="sd")
    assert load_test(competition).groups is None


def test_any_file_in_the_format_of_the_test_file_is_loaded(
    make_competition: MakeCompetition, tmp_path: Path
) -> None:
    (tmp_path / "new.csv").write_text("text,id\nNA,007\n")
    rows = load_rows(tmp_path / "new.csv", make_competition())
    assert (rows.ids, rows.texts, rows.targets) == (("007",), (("NA",),), None)
    with pytest.raises(DataError, match="no such file"):
        load_rows(tmp_path / "absent.csv", make_competition())


def test_loading_imports_nothing_heavy() -> None:
    program = (
        "import sys, foldwise.competition.loading, foldwise.competition.report, "
        "foldwise.competition.solution; "
        "print(sorted({'pandas', 'sklearn', 'scipy', 'torch'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"


@needs_shared_data
def test_commonlit_is_loaded_as_it_is(tmp_path: Path) -> None:
    folder = _linked(tmp_path, "commonlit")
    (folder / "competition.toml").write_text(
        'title = "CommonLit"\ntask = "regression"\nmetric = "rmse"\nid = "id"\n'
        'text = ["excerpt"]\ntarget = ["target"]\ntarget_sd = "standard_error"\n'
        '[files]\ntrain = "train.csv"\ntest = "test.csv"\n'
        'sample_submission = "sample_submission.csv"\n'
    )
    loaded = load(load_competition(folder))
    assert (len(loaded.train), len(loaded.test)) == (2834, 7)
    assert loaded.train.targets is not None
    assert loaded.train.targets.mean() == pytest.approx(-0.959, abs=5e-4)
    assert loaded.train.target_sd is not None
    (quiet,) = np.flatnonzero(loaded.train.target_sd == 0)
    assert loaded.train.ids[quiet] == "436ce79fe"


@needs_shared_data
def test_samr_is_loaded_as_it_is(tmp_path: Path) -> None:
    folder = _linked(tmp_path, "samr")
    (folder / "competition.toml").write_text(
        'title = "SAMR"\ntask = "classification"\nmetric = "accuracy"\nid = "PhraseId"\n'
        'text = ["Phrase"]\ntarget = ["Sentiment"]\ngroup = "SentenceId"\n'
        '[files]\ntrain = "train.tsv.zip"\ntest = "test.tsv"\n'
        'sample_submission = "sampleSubmission.csv"\n'
        '[format]\nseparator = "\\t"\nquoting = false\n'
    )
    loaded = load(load_competition(folder))
    assert (len(loaded.train), len(loaded.test)) == (156_060, 66_292)
    assert loaded.labels == ("0", "1", "2", "3", "4")
    assert loaded.train.targets is not None
    counts = np.bincount(loaded.train.targets[:, 0].astype(int))
    assert counts.tolist() == [7072, 27273, 79582, 32927, 9206]
    assert loaded.train.groups is not None
    assert len(set(loaded.train.groups)) == 8529
    # One phrase of each file is blank: a space, kept exactly.
    assert [text for (text,) in loaded.train.texts if not text.strip()] == [" "]
    assert [text for (text,) in loaded.test.texts if not text.strip()] == [" "]
    # The sample is an ordinary CSV beside tab-separated files.
    assert loaded.sample.format.separator == ","


def _linked(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    for file in (SHARED / name).iterdir():
        (folder / file.name).symlink_to(file)
    return folder
