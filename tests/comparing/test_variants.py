"""Variants as words of a command line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.comparing.variants import Variant, parsed_variants
from foldwise.errors import UsageError

EXAMPLE = (
    "a variant is key=value,value or 'key=value other=value', such as pooling.kind=max,attention"
)


@pytest.mark.parametrize(
    ("word", "overrides"),
    [
        ("pooling.kind=mean,attention", [("pooling.kind=mean",), ("pooling.kind=attention",)]),
        ("head.hidden=[],[256,64]", [("head.hidden=[]",), ("head.hidden=[256,64]",)]),
        ("tfidf.penalty=0.1, 10", [("tfidf.penalty=0.1",), ("tfidf.penalty=10",)]),
        ('encoder.name="a,b",c d', [('encoder.name="a,b"',), ("encoder.name=c d",)]),
        ('encoder.name="a\\",b"', [('encoder.name="a\\",b"',)]),
        ("encoder.name='a\\',b", [("encoder.name='a\\'",), ("encoder.name=b",)]),
        (
            'stages=[{epochs=1.0, train="head"}],[]',
            [('stages=[{epochs=1.0, train="head"}]',), ("stages=[]",)],
        ),
        ("loss.kind=huber loss.delta=0.5", [("loss.kind=huber", "loss.delta=0.5")]),
        ("head.hidden=[8, 8]  head.norm=layer", [("head.hidden=[8, 8]", "head.norm=layer")]),
        (
            "seed=1 rates.groups.head 0=1e-4 x=2",
            [("seed=1", "rates.groups.head 0=1e-4", "x=2")],
        ),
        ("rates.groups.head 0=1e-4", [("rates.groups.head 0=1e-4",)]),
    ],
)
def test_commas_part_values_and_blanks_part_settings(
    word: str, overrides: list[tuple[str, ...]]
) -> None:
    assert [variant.overrides for variant in parsed_variants([word])] == overrides


def test_a_variant_is_named_by_its_settings_or_as_told() -> None:
    assert parsed_variants(["a=1,2", "b=1 c=2", "huber: b=1 c=3", "x:d=4"]) == [
        Variant("a=1", ("a=1",)),
        Variant("a=2", ("a=2",)),
        Variant("b=1 c=2", ("b=1", "c=2")),
        Variant("huber", ("b=1", "c=3")),
        Variant("x", ("d=4",)),
    ]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("pooling.kind", f"{EXAMPLE}: got 'pooling.kind'"),
        ("pooling.kind=max,", f"{EXAMPLE}: got 'pooling.kind=max,'"),
        ("=max", f"{EXAMPLE}: got '=max'"),
        ("head.hidden=[8", "] is missing in 'head.hidden=[8'; close it, or quote the value"),
        (
            "encoder.name=it's",
            "' is missing in \"encoder.name=it's\"; close it, or quote the value",
        ),
        (
            "a=1,2 b=3",
            "a variant of several settings has one value each, but a has 2 in 'a=1,2 b=3'; write "
            "one word a variant",
        ),
        ("a=1 a=2", "a variant has each setting once, got a again in 'a=1 a=2'"),
        ("best: a=1,2", "a name is of one variant, got 2 values in 'best: a=1,2'"),
    ],
)
def test_what_is_wrong_with_a_word_is_told(word: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed_variants([word])
    assert str(caught.value) == message


def test_all_complaints_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        parsed_variants(["a", "b=[", "c=1,1"])
    assert len(caught.value.complaints) == 3
    assert caught.value.complaints[2] == ("each variant is trained once, but c=1 is named again")


VALUES = st.recursive(
    st.sampled_from(["1", "2.5e-3", "true", "mean", '"a, b"', "'c]'", '"d\\""']),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
    max_leaves=6,
)


@given(st.lists(VALUES, min_size=1, max_size=5, unique=True))
def test_values_that_were_joined_by_commas_come_apart_again(values: list[str]) -> None:
    found = parsed_variants([f"key={','.join(values)}"])
    assert [variant.overrides[0] for variant in found] == [f"key={value}" for value in values]
