import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.adjusting.temperature import fit_temperature, tempered
from foldwise.ensembling.spaces import softmax


def drawn(rows: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and labels drawn from their softmax."""
    random = np.random.default_rng(0)
    scores = random.normal(size=(rows, 3))
    labels = [random.choice(3, p=row) for row in softmax(scores)]
    return scores, np.array(labels)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_members_that_are_too_sure_get_the_temperature_that_undoes_it(factor: float) -> None:
    scores, labels = drawn()
    assert fit_temperature(softmax(factor * scores), labels) == pytest.approx(factor, rel=0.06)


def test_no_temperature_on_a_grid_is_better() -> None:
    scores, labels = drawn(400)
    table, targets = softmax(2 * scores), labels[:, None].astype(np.float64)
    loss = METRICS["log_loss"].function
    best = loss(targets, tempered(table, fit_temperature(table, labels)))
    assert best <= min(loss(targets, tempered(table, t)) for t in np.linspace(0.2, 10, 200)) + 1e-9


def test_the_most_probable_label_stays() -> None:
    table = softmax(drawn(50)[0])
    for temperature in (0.2, 5.0):
        found = tempered(table, temperature)
        np.testing.assert_array_equal(found.argmax(axis=1), table.argmax(axis=1))
        np.testing.assert_allclose(found.sum(axis=1), 1)
