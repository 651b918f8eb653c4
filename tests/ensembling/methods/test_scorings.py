import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.methods.accuracy_scoring import AccuracyScoring
from foldwise.ensembling.methods.label_scoring import LabelScoring, most_probable
from foldwise.ensembling.methods.product_scoring import ProductScoring
from foldwise.ensembling.methods.scorings import TrueClassScoring, WholeScoring, scoring_of
from foldwise.ensembling.spaces import logarithms, softmax
from tests.ensembling.problems import classification, of_metric


@pytest.mark.parametrize("metric", sorted(METRICS))
@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_up_to_date_scores_as_the_metric_does(metric: str, seed: int) -> None:
    problem = of_metric(metric, seed=seed)
    if metric == "mcrmse":
        problem = of_metric(metric, seed=seed, targets=3)
    blend = scoring_of(problem, in_logits=False).begin()
    sign = 1 if problem.metric.greater_is_better else -1
    inside: list[int] = []
    for member in np.random.default_rng(seed).integers(0, 3, 12).tolist():
        means = [problem.members[[*inside, i]].mean(axis=0) for i in range(3)]
        expected = [sign * problem.metric.function(problem.targets, mean) for mean in means]
        np.testing.assert_allclose(blend.with_each([0, 1, 2]), expected, rtol=1e-6, atol=1e-9)
        blend.add(member)
        inside.append(member)


@pytest.mark.parametrize("metric", ["accuracy", "qwk", "log_loss"])
def test_in_logit_space_the_mean_is_of_logarithms(metric: str) -> None:
    problem = classification(metric=metric)
    blend = scoring_of(problem, in_logits=True).begin()
    blend.add(1)
    blend.add(2)
    mean = softmax(logarithms(problem.members[[1, 2, 0]]).mean(axis=0))
    expected = problem.metric.function(problem.targets, mean)
    sign = 1 if problem.metric.greater_is_better else -1
    np.testing.assert_allclose(blend.with_each([0]), [sign * expected], rtol=1e-5)


def test_every_metric_has_the_fastest_scoring_it_can() -> None:
    kinds = {metric: type(scoring_of(of_metric(metric), in_logits=False)) for metric in METRICS}
    products, labels = {"rmse", "mse", "mcrmse", "r2", "pearson"}, {"macro_f1", "qwk"}
    assert {metric for metric, kind in kinds.items() if kind is ProductScoring} == products
    assert {metric for metric, kind in kinds.items() if kind is LabelScoring} == labels
    assert {metric for metric, kind in kinds.items() if kind is AccuracyScoring} == {"accuracy"}
    assert {metric for metric, kind in kinds.items() if kind is TrueClassScoring} == {"log_loss"}
    rest = {"mae", "spearman", "auc"}
    assert {metric for metric, kind in kinds.items() if kind is WholeScoring} == rest


def test_blends_that_have_begun_do_not_know_of_each_other() -> None:
    for metric in METRICS:
        scoring = scoring_of(of_metric(metric), in_logits=False)
        first, second = scoring.begin(), scoring.begin()
        before = second.with_each([0, 1])
        first.add(2)
        np.testing.assert_array_equal(second.with_each([0, 1]), before)


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_rows_whose_label_no_member_can_turn_are_passed_over(metric: str) -> None:
    problem = classification(2000, (0.3, 0.3, 0.4), metric=metric)
    scoring = scoring_of(problem, in_logits=False)
    assert isinstance(scoring, LabelScoring | AccuracyScoring)
    blend = scoring.begin()
    for member in (0, 1, 2, 0, 1, 2):
        blend.add(member)
    assert len(blend._turning) < 200


def test_of_equal_labels_the_first_is_the_most_probable() -> None:
    table = np.random.default_rng(0).integers(0, 3, (4, 200)).astype(np.float32)
    np.testing.assert_array_equal(most_probable(table), table.argmax(axis=0))
