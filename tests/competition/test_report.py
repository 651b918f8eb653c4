"""The report finds what spoils folds and scores: duplicates, conflicts, leaks, long texts."""

import json
import time
from collections.abc import Callable

import numpy as np
import pytest

from foldwise.competition.competition import Competition
from foldwise.competition.loading import load
from foldwise.competition.report import TokenCounts, describe

MakeCompetition = Callable[..., Competition]


def test_blank_texts_are_reported(make_competition: MakeCompetition) -> None:
    train = 'id,text,target\na,,1\nb," \n",2\nc,0,3\n'
    report = describe(load(make_competition({"train.csv": train})))
    assert report.train.blank == ("a", "b")


def test_lengths_are_counted_in_characters_words_and_tokens(
    make_competition: MakeCompetition,
) -> None:
    train = "id,text,target\na,one,1\nb,one two,2\nc,one  two three,3\n"
    loaded = load(make_competition({"train.csv": train}))
    tokens = TokenCounts(np.array([3, 4, 9]), np.array([3, 3]), max_length=4)
    report = describe(loaded, tokens)
    assert report.train.lengths["characters"].longest == 14
    assert report.train.lengths["words"].median == 2
    assert report.train.lengths["words"].over is None
    assert report.train.lengths["tokens"].over == pytest.approx(1 / 3)
    assert report.train.lengths["tokens"].p95 == np.quantile([3, 4, 9], 0.95)
    assert report.test.lengths["tokens"].over == 0
    with pytest.raises(ValueError, match="one count a row"):
        describe(loaded, TokenCounts(np.array([1]), np.array([3, 3]), 4))


def test_labels_are_counted_in_their_order(make_competition: MakeCompetition) -> None:
    train = "id,text,target,book\na,one,pos,1\nb,two,neg,1\nc,three,pos,2\n"
    competition = make_competition(
        {"train.csv": train}, task="classification", metric="accuracy", group="book"
    )
    report = describe(load(competition))
    assert list(report.labels.items()) == [("neg", 1), ("pos", 2)]
    assert report.targets == ()
    assert report.groups is not None
    assert (report.groups.count, report.groups.largest, report.groups.rows_of_largest) == (
        2,
        "1",
        2,
    )


def test_targets_are_summarized(make_competition: MakeCompetition) -> None:
    (target,) = describe(load(make_competition())).targets
    values = np.array([0.5, -1.0, 2.0])
    assert target.name == "target"
    assert target.mean == values.mean()
    assert target.standard_deviation == values.std()
    assert (target.least, target.greatest) == (-1.0, 2.0)
    assert target.quantiles["50%"] == 0.5


def test_an_empty_test_file_is_described(make_competition: MakeCompetition) -> None:
    files = {"test.csv": "id,text\n", "sample.csv": "id,target\n"}
    report = describe(load(make_competition(files)))
    assert report.test.rows == 0
    assert report.test.lengths == {}


def test_a_report_is_json(make_competition: MakeCompetition) -> None:
    report = describe(load(make_competition()))
    read_back = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert read_back["train"]["rows"] == 3
    assert read_back["groups"] is None


def test_sixty_thousand_rows_are_described_within_a_second(
    make_competition: MakeCompetition,
) -> None:
    train = "".join(f"{i},phrase {i % 38_000} of the sentence,{i % 7}\n" for i in range(40_000))
    test = "".join(f"{i},phrase {i} of another sentence\n" for i in range(20_000))
    sample = "".join(f"{i},0\n" for i in range(20_000))
    files = {
        "train.csv": f"id,text,target\n{train}",
        "test.csv": f"id,text\n{test}",
        "sample.csv": f"id,target\n{sample}",
    }
    loaded = load(make_competition(files))
    start = time.process_time()
    report = describe(loaded)
    assert time.process_time() - start < 1
    assert report.exact.texts == 2000
