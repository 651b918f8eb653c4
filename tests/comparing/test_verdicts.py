"""Words for differences, one of several that were looked at together."""

from dataclasses import astuple
from typing import get_args

import numpy as np
import pytest

from foldwise.comparing.verdicts import MEANING, ONE_SEED, Verdict, meanings, verdicts, visible_from
from tests.comparing.tiny_ablations import difference


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (-0.3, 0.1, "better"),
        (0.3, 0.1, "worse"),
        (-0.19, 0.1, "within noise"),
        (0.0, 0.0, "no difference"),
        (-0.1, 0.0, "better"),  # every row says so
        (-0.3, None, "unknown"),
    ],
)
def test_a_lower_error_beyond_the_interval_is_better(
    value: float, error: float | None, said: str
) -> None:
    assert verdicts([difference(value, error)], greater_is_better=False) == [said]


def test_a_higher_score_is_better_where_greater_is() -> None:
    both = [difference(0.3, 0.1), difference(-0.3, 0.1)]
    assert verdicts(both, greater_is_better=True) == ["better", "worse"]


def test_one_of_many_must_be_further_from_zero_than_one_alone() -> None:
    barely, noise = difference(-0.22, 0.1), difference(0.01, 0.1)
    assert verdicts([barely], greater_is_better=False) == ["better"]
    assert verdicts([barely, *[noise] * 9], greater_is_better=False)[0] == "perhaps better"
    assert verdicts([noise, difference(0.22, 0.1)], greater_is_better=False)[1] == "perhaps worse"


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (-0.9, 0.1, "perhaps better"),
        (0.9, 0.1, "perhaps worse"),
        (-0.1, 0.0, "perhaps better"),
        (-0.19, 0.1, "within noise"),
        (0.0, 0.0, "no difference"),
        (0.3, None, "unknown"),
    ],
)
def test_one_seed_tells_nothing_for_sure(value: float, error: float | None, said: str) -> None:
    # each row's part of the noise is known, but not what another seed would make of the settings
    alone = difference(value, error, of_seeds=None)
    assert verdicts([alone], greater_is_better=False) == [said]


def test_perhaps_has_the_meaning_of_its_reason() -> None:
    one, several = difference(-0.9, 0.1, of_seeds=None), difference(-0.22, 0.1)
    many, single = (
        "perhaps better, perhaps worse: more than noise if it were the only variant, but not as "
        "one of so many",
        f": {ONE_SEED}",
    )
    assert meanings([("perhaps better", several)]) == [many]
    assert meanings([("perhaps worse", one)]) == [f"perhaps better, perhaps worse{single}"]
    assert meanings([("perhaps better", one), ("perhaps better", several)]) == [
        many,
        f"perhaps better, perhaps worse (one seed){single}",
    ]
    assert meanings([("within noise", one)]) == ["within noise: the 95 % interval holds zero"]
    assert meanings([]) == []


def test_variants_that_change_nothing_do_not_count_among_the_many() -> None:
    same = [difference(0.0, 0.0)] * 9
    assert verdicts([difference(-0.22, 0.1), *same], greater_is_better=False)[0] == "better"


def test_of_variants_that_do_nothing_hardly_any_ablation_calls_one_better_or_worse() -> None:
    # Twelve variants without an effect: their 95 % intervals miss zero in 46 % of ablations.
    rng = np.random.default_rng(1)
    alone = together = 0
    for _ in range(400):
        said = verdicts(
            [difference(float(value), 1.0) for value in rng.normal(size=12)],
            greater_is_better=False,
        )
        together += bool({"better", "worse"} & set(said))
        alone += bool({"perhaps better", "perhaps worse", "better", "worse"} & set(said))
    assert 0.02 <= together / 400 <= 0.08
    assert alone / 400 > 0.35


def test_every_word_has_a_meaning() -> None:
    assert {word for words in MEANING for word in words} == set(get_args(Verdict))


def test_the_smallest_visible_difference_is_half_an_interval() -> None:
    known = [difference(0.5, 0.1), difference(0.0, 0.2), difference(0.0, 0.9)]
    found = visible_from(known)
    assert found is not None
    assert astuple(found) == pytest.approx((0.196, 0.392, 1.764), abs=1e-3)
    # a variant that changes nothing tells nothing about the noise
    assert visible_from([*known[:1], difference(0.0, 0.0)]) == visible_from(known[:1])
    assert visible_from([difference(0.3, None)]) is None
    assert visible_from([]) is None
