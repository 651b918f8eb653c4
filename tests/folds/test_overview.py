import json

import numpy as np
import pytest

from foldwise.folds.overview import TargetSpread, describe_folds
from foldwise.folds.table import FoldTable
from tests.folds.tiny_competition import make_loaded, make_rows


def test_folds_of_a_regression_have_mean_and_deviation_of_each_target() -> None:
    rows = make_rows(
        ["a", "a b", "a b c", ""], [[1, 5], [3, 5], [0, 1], [0, 2]], groups=list("xxyz")
    )
    loaded = make_loaded(rows, target=["y", "z"])
    table = FoldTable(rows.ids, np.array([1, 1, 0, 0]), 2)
    first, second = describe_folds(loaded.competition, (), rows, table).folds
    assert (first.fold, first.rows, first.groups, first.mean_words) == (0, 2, 2, 1.5)
    assert second.groups == 1
    assert second.targets == (TargetSpread("y", 2.0, 1.0), TargetSpread("z", 5.0, 0.0))
    assert second.shares == {}


def test_folds_of_a_classification_have_the_share_of_each_label() -> None:
    rows = make_rows(list("abcd"), [0, 0, 1, 0])
    loaded = make_loaded(rows, labels=["no", "yes", "never"])
    table = FoldTable(rows.ids[::-1], np.array([0, 0, 1, 1]), 2)
    overview = describe_folds(loaded.competition, loaded.labels, rows, table)
    assert overview.folds[0].shares == {"no": 0.5, "yes": 0.5, "never": 0.0}
    assert overview.folds[0].groups is None
    assert sum(overview.folds[1].shares.values()) == pytest.approx(1)


def test_the_overview_is_json() -> None:
    rows = make_rows(["a", "b"], [0.5, 1.5])
    table = FoldTable(rows.ids, np.array([0, 1]), 2)
    overview = describe_folds(make_loaded(rows).competition, (), rows, table)
    assert json.loads(json.dumps(overview.as_json()))[1] == {
        "fold": 1,
        "rows": 1,
        "groups": None,
        "mean_words": 1.0,
        "targets": [{"target": "y", "mean": 1.5, "sd": 0.0}],
        "shares": {},
    }
