import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.confusion import BY_METRIC, count
from foldwise.errors import DataError


@pytest.mark.parametrize("metric", sorted(BY_METRIC))
@given(data=st.data())
def test_a_score_from_counts_is_the_metrics(metric: str, data: st.DataObject) -> None:
    labels = data.draw(st.integers(2, 5))
    rows = data.draw(st.integers(1, 30))
    label = st.lists(st.integers(0, labels - 1), min_size=rows, max_size=rows)
    truth, guess = np.array(data.draw(label)), np.array(data.draw(label))
    found = float(BY_METRIC[metric](count(truth, guess, labels)))
    try:
        expected = METRICS[metric].function(
            truth[:, None].astype(np.float64), np.eye(labels)[guess]
        )
    except DataError:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(expected, abs=1e-12)


def test_many_tables_are_scored_at_once() -> None:
    random = np.random.default_rng(0)
    tables = random.integers(1, 9, (6, 4, 4)).astype(np.float64)
    for metric in BY_METRIC.values():
        np.testing.assert_allclose(metric(tables), [float(metric(table)) for table in tables])
