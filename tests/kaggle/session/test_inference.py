"""What is made of the folds that were in time, and of those that were not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foldwise.competition.rows import Rows
from foldwise.kaggle.building.kernel import BuiltKernel
from foldwise.kaggle.session.inference import blend, finish, read_test, stage_inference, submit
from foldwise.kaggle.session.safety_net import lay_safety_net
from foldwise.kaggle.session.session import Session
from foldwise.kaggle.session.workers import Predicted
from foldwise.paths import Project
from foldwise.pipeline.predicting import by_fold, predict_texts
from foldwise.predictions.table import Predictions
from tests.kaggle.sessions import begun


class Begun:
    """A session of the blend `top`, and what every fold of its two trained runs predicts."""

    def __init__(self, session: Session, project: Project) -> None:
        self.session = session
        self.competition = stage_inference(session)
        self.sample = lay_safety_net(session, self.competition)
        self.test: Rows = read_test(session, self.competition)
        tables: dict[tuple[str, int], Predictions] = {}
        for run in ("enc", "words"):
            for fold, table in enumerate(by_fold(project, run, self.test.ids, self.test.texts)):
                tables[run, fold] = table
        self.all = Predicted(tables, (), dict.fromkeys(tables, 1.0), ("CPU",))

    def without(self, *left: tuple[str, int]) -> Predicted:
        """The predictions without those of some folds, which had no time."""
        kept = {key: table for key, table in self.all.tables.items() if key not in left}
        return replace(self.all, tables=kept, left=left)


@pytest.fixture
def top(built_once: BuiltKernel, made_once: Project, tmp_path: Path) -> Begun:
    data = made_once.competition("tiny-regression")
    return Begun(begun(built_once.folder, tmp_path / "kaggle", data), made_once)


def test_the_blend_is_what_predict_says(top: Begun, made_once: Project) -> None:
    blended = blend(top.session, top.test, top.all)
    assert blended is not None
    expected = predict_texts(made_once, "top", top.test.ids, top.test.texts)
    np.testing.assert_array_equal(blended.values, expected.values)
    submit(top.session, top.sample, blended)
    report = finish(top.session, top.test, top.all, blended)
    assert (report.state, report.rows) == ("complete", len(top.test))


def test_fewer_folds_leave_the_safety_net_where_they_are_not_allowed(top: Begun) -> None:
    before = top.session.submission.read_bytes()
    predicted = top.without(("enc", 2))
    blended = blend(top.session, top.test, predicted, allow_fewer_folds=False)
    assert blended is None
    submit(top.session, top.sample, blended)
    assert top.session.submission.read_bytes() == before
    report = finish(top.session, top.test, predicted, blended)
    assert (report.state, report.folds_left) == ("safety-net", {"enc": [2]})
    assert "1 of 6 folds had no time" in report.remarks[0]


def test_fewer_folds_are_blended_and_the_report_says_so(top: Begun) -> None:
    predicted = top.without(("enc", 2))
    blended = blend(top.session, top.test, predicted)
    whole = blend(top.session, top.test, top.all)
    assert blended is not None
    assert whole is not None
    assert not np.array_equal(blended.values, whole.values)
    submit(top.session, top.sample, blended)
    report = finish(top.session, top.test, predicted, blended)
    assert report.state == "partial"
    assert report.remarks[0].startswith("PARTIAL: 1 of 6 folds had no time")


def test_a_member_without_any_fold_leaves_the_safety_net_all_the_same(top: Begun) -> None:
    predicted = top.without(("enc", 0), ("enc", 1), ("enc", 2))
    assert blend(top.session, top.test, predicted) is None
    assert "3 of 6 folds had no time, all of enc among them" in top.session.remarks[0]
