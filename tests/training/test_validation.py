"""A fold's validation rows: scored, judged alive, and choosing."""

from pathlib import Path

import numpy as np
import pytest
import torch

from foldwise.errors import FoldFailed
from foldwise.folds.halves import second_half
from foldwise.paths import Project
from foldwise.training.collapse import Collapsed
from foldwise.training.corpus import Corpus, load_corpus
from foldwise.training.fold_state import FoldState
from foldwise.training.validation import ValidationRows
from tests.tiny_competitions import tiny_grouped
from tests.training.tiny_runs import tiny_settings


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    project: Project = tiny_grouped(tmp_path)
    return load_corpus(project, tiny_settings(project, competition="tiny-grouped"))


def test_a_score_is_that_of_the_folds_rows(corpus: Corpus) -> None:
    valid = ValidationRows(corpus, 1)
    assert valid.positions.tolist() == np.flatnonzero(corpus.folds == 1).tolist()
    assert valid.score(valid.targets + 0.5, 1) == pytest.approx(0.5)


def test_predictions_without_a_score_fail_the_fold_and_name_the_step(corpus: Corpus) -> None:
    valid = ValidationRows(corpus, 1)
    with pytest.raises(FoldFailed, match="the predictions after step 7 have no rmse"):
        valid.score(np.full_like(valid.targets, np.nan), 7)


def test_equal_predictions_for_all_texts_are_a_collapse_after_so_many_steps(
    corpus: Corpus,
) -> None:
    valid = ValidationRows(corpus, 1)
    equal = np.zeros_like(valid.targets)
    valid.check_alive(equal, step=49, since=50)
    valid.check_alive(valid.targets, step=50, since=50)
    with pytest.raises(Collapsed):
        valid.check_alive(equal, step=50, since=50)


def test_no_group_has_a_say_in_what_predicts_it(corpus: Corpus) -> None:
    valid = ValidationRows(corpus, 1)
    rows = corpus.loaded.train.take(valid.positions)
    assert rows.groups is not None
    second = second_half(rows.ids, rows.groups)
    assert 0 < second.sum() < len(second)
    state = FoldState()
    # the first look is right on the second half alone, the next on the first half alone
    for step, right in ((1, second), (2, ~second)):
        predicted = np.where(right[:, None], valid.targets, valid.targets + 9)
        state.step = step
        valid.choose(state, predicted, torch.from_numpy(predicted))
    honest = valid.honest_outputs(state).numpy()
    np.testing.assert_array_equal(honest, valid.targets + 9)  # each half chose the other's worst
