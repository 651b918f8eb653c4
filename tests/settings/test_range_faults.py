import math

import pytest

from foldwise.settings.range_faults import faults_of, is_number


def test_a_good_range_has_no_fault() -> None:
    assert faults_of("rates.decay", {"low": 0.6, "high": 1.0, "step": 0.05}) == []
    assert faults_of("pooling.kind", {"choices": ["mean", "max"], "default": "max"}) == []


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf])
def test_what_is_no_number(value: object) -> None:
    assert not is_number(value)


def test_a_setting_is_refused_by_its_whole_name_alone() -> None:
    # "seed" is never tuned, a setting whose name begins so may be
    assert faults_of("seedling.rate", {"low": 1, "high": 2}) == []
