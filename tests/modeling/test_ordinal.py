import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from foldwise.modeling.ordinal import LEAST_GAP, Cuts


def cuts_at(points: list[float]) -> Cuts:
    """Cuts that were put at `points`."""
    cuts = Cuts(len(points) + 1)
    shares = torch.sigmoid(torch.tensor([*points, torch.inf], dtype=torch.float64)).diff(
        prepend=torch.zeros(1, dtype=torch.float64)
    )
    cuts.start_from(shares)
    return cuts


wild = st.floats(-30, 30, allow_subnormal=False)


@trials(max_examples=50, deadline=None)
@given(
    first=wild, raw=st.lists(wild, max_size=6), scores=st.lists(st.floats(-1e6, 1e6), min_size=1)
)
def test_whatever_is_learned_the_cuts_are_in_order_and_probabilities_sum_to_one(
    first: float, raw: list[float], scores: list[float]
) -> None:
    cuts = Cuts(len(raw) + 2)
    with torch.no_grad():
        cuts.first.fill_(first)
        cuts.raw_gaps.copy_(torch.tensor(raw))
    assert (cuts.points().double().diff() >= 0).all()
    logarithms = cuts(torch.tensor(scores)[:, None])
    assert logarithms.isfinite().all()
    sums = logarithms.double().exp().sum(dim=1)
    torch.testing.assert_close(sums, torch.ones_like(sums), rtol=0, atol=1e-4)


def test_probabilities_are_differences_of_cumulative_ones() -> None:
    points, scores = np.array([-1.5, 0.2, 2.0]), np.array([-3.0, 0.0, 1.1])
    cumulative = 1 / (1 + np.exp(-(points[None] - scores[:, None])))  # P(class <= k)
    expected = np.diff(cumulative, axis=1, prepend=0, append=1)
    found = cuts_at(points.tolist())(torch.tensor(scores, dtype=torch.float32)[:, None])
    np.testing.assert_allclose(found.detach().exp().numpy(), expected, rtol=1e-4)


def test_a_higher_score_never_makes_a_higher_class_less_likely() -> None:
    logarithms = cuts_at([-2.0, 0.0, 0.1, 3.0])(torch.linspace(-8, 8, 200)[:, None]).double()
    above = 1 - logarithms.exp().cumsum(dim=1)[:, :-1]  # P(class > k)
    assert (above.diff(dim=0) > 0).all()


@pytest.mark.parametrize("score", [-1e6, -100.0, 100.0, 1e6])
def test_extreme_scores_have_finite_logarithms_and_gradients(score: float) -> None:
    cuts = cuts_at([-1.0, 0.0, 1.0])
    for label in range(4):
        cuts.zero_grad()
        scores = torch.full((1, 1), score, requires_grad=True)
        loss = -cuts(scores)[0, label]
        loss.backward()
        for value in (loss, scores.grad, *(p.grad for p in cuts.parameters())):
            assert value is not None
            assert value.isfinite().all()
    # a text that lies far on the wrong side is drawn back
    scores = torch.tensor([[100.0]], requires_grad=True)
    cuts(scores)[0, 0].backward()
    assert scores.grad is not None
    assert scores.grad.item() == pytest.approx(-1.0)


def test_gaps_that_shrink_to_nothing_leave_finite_logarithms() -> None:
    cuts = cuts_at([-1.0, 1.0])
    with torch.no_grad():
        cuts.raw_gaps.fill_(-1000.0)
    assert cuts.points().diff().item() == pytest.approx(LEAST_GAP, rel=0.01)
    logarithms = cuts(torch.zeros(1, 1))
    logarithms[0, 1].backward()
    assert logarithms.isfinite().all()
    assert cuts.first.grad is not None
    assert cuts.first.grad.isfinite().all()


def test_a_score_of_zero_gives_the_shares_it_started_from() -> None:
    shares = torch.tensor([0.1, 0.05, 0.6, 0.25])
    cuts = Cuts(4)
    cuts.start_from(shares)
    torch.testing.assert_close(cuts(torch.zeros(1, 1))[0].exp(), shares, rtol=1e-4, atol=0)


def test_classes_are_equally_likely_at_first() -> None:
    torch.testing.assert_close(Cuts(5)(torch.zeros(1, 1)).exp(), torch.full((1, 5), 0.2))


def test_two_classes_have_one_cut() -> None:
    cuts = Cuts(2)
    expected = torch.sigmoid(torch.tensor([[-1.3, 1.3]]))
    torch.testing.assert_close(cuts(torch.tensor([[1.3]])).exp(), expected)


def test_one_class_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match=re.escape("two classes at least, got 1")):
        Cuts(1)


def test_every_parameter_learns() -> None:
    cuts = Cuts(5)
    (-cuts(torch.randn(20, 1))[torch.arange(20), torch.arange(20) % 5]).mean().backward()
    assert all(p.grad is not None and (p.grad != 0).all() for p in cuts.parameters())
