import json

import numpy as np
import pytest

from foldwise.competition.rows import Rows
from foldwise.errors import DataError
from foldwise.folds.leaks import (
    ConflictingLabels,
    KnownTest,
    Leaks,
    RepeatedText,
    SimilarTexts,
    find_leaks,
)
from foldwise.folds.table import FoldTable
from tests.folds.tiny_competition import make_rows

LONG = "one two three four five six seven eight nine ten"
NO_TEST = make_rows([], prefix="t")


def leaks_of(rows: Rows, folds: list[int], test: Rows = NO_TEST) -> Leaks:
    return find_leaks(rows, test, FoldTable(rows.ids, np.array(folds), max(folds) + 1))


def test_equal_texts_are_told_where_they_stand_in_several_folds() -> None:
    rows = make_rows(["a\nb", "a\r\nb", "c", "c", "d"], range(5))
    leaks = leaks_of(rows, [0, 1, 1, 1, 0])
    assert leaks.equal == (RepeatedText(("r000", "r001"), (0, 1)),)
    assert leaks.folded == ()


def test_texts_that_are_equal_once_folded_are_told_apart_from_the_equal_ones() -> None:
    rows = make_rows(["Fine", "fine!", "same", "same", "A b", "a B", "a b"], range(7))
    leaks = leaks_of(rows, [0, 1, 0, 1, 0, 0, 0])
    assert leaks.equal == (RepeatedText(("r002", "r003"), (0, 1)),)
    assert leaks.folded == (RepeatedText(("r000", "r001"), (0, 1)),)


def test_similar_texts_of_different_folds_are_told_with_their_similarity() -> None:
    rows = make_rows([f"{LONG} eleven", LONG, f"{LONG} twelve"], range(3))
    leaks = leaks_of(rows, [1, 0, 1])
    assert leaks.similar == (
        SimilarTexts(("r000", "r001"), (1, 0), 6 / 7),
        SimilarTexts(("r001", "r002"), (0, 1), 6 / 7),
    )


def test_equal_texts_with_different_targets_are_told_in_whichever_fold() -> None:
    rows = make_rows(["a", "a", "b", "b", "b"], [[0, 1], [0, 1], [2, 2], [2, 3], [2, 2]])
    leaks = leaks_of(rows, [0, 0, 1, 1, 1])
    expected = ((2.0, 2.0), (2.0, 3.0), (2.0, 2.0))
    assert leaks.conflicts == (ConflictingLabels(("r002", "r003", "r004"), expected),)


def test_test_texts_that_stand_in_the_training_file_are_told() -> None:
    rows = make_rows(["So good", "so good", "bad", "so good"], range(4))
    test = make_rows(["so good", "BAD.", "new"], prefix="t")
    leaks = leaks_of(rows, [0, 1, 0, 1], test)
    assert leaks.known_test == (
        KnownTest("t000", ("r001", "r003"), exact=True),
        KnownTest("t001", ("r002",), exact=False),
    )
    assert leaks.sentences()[-1] == ("test texts that stand in the training file, 1 exactly: 2")


def test_clean_folds_have_nothing_to_tell() -> None:
    leaks = leaks_of(make_rows(["a", "b", "c", "d"], range(4)), [0, 1, 0, 1])
    assert leaks == Leaks((), (), (), (), (), complete=True)
    assert leaks.sentences() == ()


def test_json_counts_everything_and_shows_the_first() -> None:
    rows = make_rows([str(i // 2) for i in range(60)], range(60))
    found = leaks_of(rows, [0, 1] * 30).as_json(shown=3)
    written = json.loads(json.dumps(found))
    assert written["equal"]["count"] == 30
    assert written["equal"]["first"][0] == {"ids": ["r000", "r001"], "folds": [0, 1]}
    assert len(written["equal"]["first"]) == 3
    assert written["complete"] is True


def test_findings_do_not_depend_on_the_order_of_rows() -> None:
    rows = make_rows(["Fine", "fine!", "x", "x", LONG, f"{LONG} eleven"], range(6))
    table = FoldTable(rows.ids, np.array([0, 1, 0, 1, 0, 1]), 2)
    backwards = rows.take(np.arange(6)[::-1])
    assert find_leaks(rows, NO_TEST, table) == find_leaks(backwards, NO_TEST, table)


def test_rows_without_fold_are_refused() -> None:
    table = FoldTable(("r000",), np.array([0]), 1)
    with pytest.raises(DataError, match="1 training id has no fold: r001"):
        find_leaks(make_rows(["a", "b"], range(2)), NO_TEST, table)
