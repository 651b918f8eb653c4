from dataclasses import replace

import numpy as np
import pytest

from foldwise.ensembling.problem import Problem
from foldwise.ensembling.suspicion import suspicions
from tests.ensembling.problems import classification, of_metric, regression

NAMES = ("a", "b", "c")


def in_sample_on(problem: Problem, member: int, folds: list[int], share: float = 0.5) -> Problem:
    """The problem with a member that half knows the answers on some folds."""
    rows = np.isin(problem.folds, folds)
    members = problem.members.copy()
    known = problem.wanted()[rows]
    members[member][rows] = (1 - share) * members[member][rows] + share * known
    return replace(problem, members=members)


@pytest.mark.parametrize("folds", [[2], [0, 3], [0, 1, 2, 4]])
@pytest.mark.parametrize("metric", ["rmse", "pearson", "accuracy", "log_loss", "qwk"])
def test_a_member_that_is_in_sample_on_some_folds_is_found(metric: str, folds: list[int]) -> None:
    problem = in_sample_on(of_metric(metric, rows=2000, folds=5), 1, folds)
    found = suspicions(problem, NAMES)
    assert {suspicion.member for suspicion in found} == {"b"}
    # where most folds are in-sample, the honest one is what is out of line
    assert {suspicion.fold for suspicion in found} >= (set(folds) if len(folds) < 3 else {3})


def test_the_finding_names_the_scores_and_what_they_may_mean() -> None:
    (found,) = suspicions(in_sample_on(regression(2000, folds=5), 1, [2]), NAMES)
    assert found.score < 0.75 * found.elsewhere
    assert str(found) == (
        f"the OOF of 'b' looks in-sample: it scores {found.score:.4f} on fold 2 and "
        f"{found.elsewhere:.4f} (median) on its others, where the other members score "
        f"{found.others:.4f} on fold 2; a model that had learned from fold 2 may have predicted "
        f"it; train it again"
    )


@pytest.mark.parametrize("rows", [30, 200, 2000])
@pytest.mark.parametrize("metric", ["rmse", "accuracy", "log_loss", "qwk"])
def test_honest_members_are_hardly_ever_refused(metric: str, rows: int) -> None:
    """Fifty ensembles of three members and five folds, that is 750 folds a case."""
    refused = 0
    for seed in range(50):
        problem = of_metric(metric, rows=rows, folds=5, seed=seed)
        # each fold's model is a little better or worse than the others, by luck of training
        random = np.random.default_rng(seed)
        luck = np.abs(random.normal(0, 0.03, (3, 5)))[:, problem.folds][:, :, None]
        unsure = 1 / problem.outputs if problem.is_classification else 0.0
        members = (1 - luck) * problem.members + luck * unsure
        refused += bool(suspicions(replace(problem, members=members), NAMES))
    assert refused <= 1


def test_a_fold_that_is_easy_for_all_is_nobodys_fault() -> None:
    problem = regression(2000, folds=5)
    for member in range(3):
        problem = in_sample_on(problem, member, [2])
    assert suspicions(problem, NAMES) == []


def test_a_fold_whose_model_failed_is_out_of_line_too() -> None:
    problem = regression(2000, folds=5)
    members = problem.members.copy()
    members[1][problem.folds == 3] = 0
    found = suspicions(replace(problem, members=members), NAMES)
    assert [(suspicion.member, suspicion.fold) for suspicion in found] == [("b", 3)]
    # and is not told as if it were too good
    assert str(found[0]).startswith(f"fold 3 of 'b' is out of line: it scores {found[0].score:.4f}")
    assert "its model failed, or" in str(found[0])


def test_a_metric_that_is_undefined_on_a_fold_finds_nothing() -> None:
    problem = classification(60, labels=2, metric="auc")
    targets = problem.targets.copy()
    targets[problem.folds == 0] = 1
    assert suspicions(replace(problem, targets=targets), NAMES) == []


def test_one_member_or_one_fold_has_nothing_to_be_compared_with() -> None:
    assert suspicions(regression(folds=1), NAMES) == []
    assert suspicions(regression().of([0]), NAMES[:1]) == []
