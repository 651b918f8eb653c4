import numpy as np

from foldwise.competition.metrics import METRICS
from foldwise.tuning.result import cross_fitted_choice
from tests.comparing.tiny_sides import table_of
from tests.tuning.tiny_results import tiny_result


def test_each_folds_trial_is_chosen_on_the_other_folds() -> None:
    targets = np.zeros((8, 1))
    # folds are 0, 1, 0, 1, ...: the first is perfect in fold 0 alone, the second in fold 1 alone
    first, second = (
        table_of(np.where(np.arange(8) % 2 == fold, 0.0, 1.0)[:, None], folds=2) for fold in (0, 1)
    )
    # by its own fold, each fold would have chosen the other way round
    assert cross_fitted_choice([first, second], targets, METRICS["rmse"]) == {0: 1, 1: 0}


def test_trials_are_ranked_as_the_metric_says() -> None:
    assert [trial.number for trial in tiny_result().ranked()] == [1, 4, 0]
    upwards = tiny_result(greater_is_better=True)
    assert [trial.number for trial in upwards.ranked()] == [0, 4, 1]


def test_a_dropped_trial_saves_what_the_rest_would_have_taken() -> None:
    (pruned,) = tiny_result().of_state("pruned")
    assert pruned.outcome.spent.saved_seconds() == 70.0  # an eighth took 10 s
    (failed,) = tiny_result().of_state("failed")
    assert failed.outcome.spent.saved_seconds() == 0.0
