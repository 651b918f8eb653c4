import numpy as np
from scipy.optimize import approx_fprime
from sklearn.linear_model import LogisticRegression

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.methods.logistic import fit_logistic
from foldwise.ensembling.recipe import Options, Recipe
from foldwise.ensembling.spaces import logarithms, softmax
from tests.ensembling.problems import classification


def test_of_two_classes_it_is_scikit_learns_regression_on_logits() -> None:
    problem = classification(4000, (0.8, 1.2), labels=2, metric="log_loss")
    formula = fit_logistic(problem, Recipe("logistic"))
    logs = logarithms(problem.members)
    logits = (logs[:, :, 1] - logs[:, :, 0]).T
    reference = LogisticRegression(C=1e6).fit(logits, problem.targets[:, 0])
    # with 4,000 rows neither penalty matters much
    np.testing.assert_allclose(formula.shares(), reference.coef_[0], rtol=0.02)
    found = formula.apply(problem.members)[:, 1]
    np.testing.assert_allclose(found, reference.predict_proba(logits)[:, 1], atol=0.01)


def test_at_the_fit_the_penalised_loss_is_flat() -> None:
    problem = classification(60, (0.8, 1.2), metric="log_loss")
    formula = fit_logistic(problem, Recipe("logistic", Options(per_class=True)))
    logs, wanted = logarithms(problem.members), problem.wanted()

    def loss(numbers: np.ndarray) -> float:
        weights, intercept = numbers[:6].reshape(2, 1, 3), numbers[6:]
        table = softmax((weights * logs).sum(axis=0) + intercept)
        distance = np.square(weights - 0.5).sum() + np.square(intercept).sum()
        return float(-(wanted * np.log(table)).sum() + distance / 2)

    at = np.append(np.ravel(formula.weights), formula.intercept)
    np.testing.assert_allclose(approx_fprime(at, loss), 0, atol=0.02)


def test_members_that_hesitate_alike_are_made_surer() -> None:
    problem = classification(2000, (0.5, 0.5, 0.5), metric="log_loss")
    loss = METRICS["log_loss"].function
    fitted = fit_logistic(problem, Recipe("logistic")).apply(problem.members)
    mean = problem.members.mean(axis=0)
    assert loss(problem.targets, fitted) < loss(problem.targets, mean)
