"""The order of an ablation's variants."""

import json
from dataclasses import asdict

from tests.comparing.tiny_ablations import FAILED, UNFINISHED, VARIANTS, ablation_of, variant


def test_better_variants_come_first_and_those_without_a_difference_last() -> None:
    found = ablation_of(*VARIANTS, seeds=2)
    assert [v.name for v in found.variants] == [
        "head.hidden=[256]", "loss | delta_1", "same", "pooling.kind=max", "rates.top=1.0",
        "seed.less",
    ]  # fmt: skip
    assert [v.verdict for v in found.variants] == [
        "better", "within noise", "no difference", "worse", None, None,
    ]  # fmt: skip


def test_a_higher_score_comes_first_where_greater_is_better() -> None:
    low, high = variant("low", -0.2, 0.02), variant("high", 0.2, 0.02)
    found = ablation_of(low, high, metric="accuracy", seeds=2)
    assert [(v.name, v.verdict) for v in found.variants] == [("high", "better"), ("low", "worse")]


def test_variants_are_found_by_their_state() -> None:
    found = ablation_of(*VARIANTS)
    assert found.of_state("failed") == [FAILED]
    assert found.of_state("unfinished") == [UNFINISHED]
    assert [v.name for v, _ in found.compared()] == [v.name for v in found.variants[:4]]


def test_an_ablation_is_json() -> None:
    told = json.loads(json.dumps(asdict(ablation_of(*VARIANTS)), allow_nan=False))
    assert told["variants"][0]["difference"]["seeds"] == {"0": -0.2}
    assert told["base"]["peak_memory"] == 3_000_000
