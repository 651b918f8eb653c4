from pathlib import Path

import pytest

from foldwise.errors import DataError, UsageError
from foldwise.tuning.plan import planned
from foldwise.tuning.request import TuneRequest
from tests.tiny_tfidf import train_tfidf
from tests.tuning.tiny_studies import study_of, tiny_project


def test_all_that_is_wrong_with_a_request_is_told_at_once(tmp_path: Path) -> None:
    request = TuneRequest("words", level=2.0, pruner="median", partners=("a", "a"), name="x.tuning")
    with pytest.raises(UsageError) as raised:
        planned(tiny_project(tmp_path), request)
    assert len(raised.value.complaints) == 4


def test_folds_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folds are numbered 0 to 2; got 7; choose among them"):
        planned(tiny_project(tmp_path), TuneRequest("words", folds=(0, 7)))


def test_a_partner_must_be_of_the_same_rows_and_folds(tmp_path: Path) -> None:
    project = tiny_project(tmp_path)
    train_tfidf(project, "few", training={"rows": 30})
    train_tfidf(project, "merged", training={"folds": 2})
    with pytest.raises(DataError) as raised:
        planned(project, TuneRequest("words", partners=("few", "merged")))
    few, merged = raised.value.complaints
    assert "run 'few' has 30 OOF rows and this study 40" in few
    assert "run 'merged' has other folds" in merged


def test_with_partners_the_score_is_that_of_the_mean(tmp_path: Path) -> None:
    project = tiny_project(tmp_path)
    train_tfidf(project, "other")
    alone, judge_alone = study_of(project, 1, name="alone")
    together, judge = study_of(project, 1, name="together", partners=("other",))
    (mine,), (ours,) = alone.settled(), together.settled()
    assert mine.values == ours.values
    assert mine.outcome.score != ours.outcome.score
    plan = planned(project, TuneRequest("words", partners=("other",)))
    table = judge_alone.folds(mine, (0, 1, 2))
    partner = plan.partners["other"].aligned_to(table.ids, "the test")
    rows = plan.rows((0, 1, 2))
    at = [table.ids.index(name) for name in rows.ids]
    values = ((table.values + partner.values) / 2)[at]
    assert rows.targets is not None
    expected = plan.metric.function(rows.targets, values)
    assert ours.outcome.score == pytest.approx(expected, abs=1e-12)
    assert judge.result(ours).value == ours.outcome.score
