from typing import Any

import pytest

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.pooling import TopPooling, build_pooling
from tests.modeling.pooling.padded_texts import KINDS, MAX_LENGTH, WIDTH, pooling_of

WIDTHS: dict[settings.PoolingKind, int] = {"lstm": 6, "gru": 6, "flatten": MAX_LENGTH * WIDTH}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("beside", [*KINDS, "none"])
def test_the_width_is_that_of_the_vectors(
    kind: settings.PoolingKind, beside: settings.PoolingKind
) -> None:
    expected = WIDTHS.get(kind, WIDTH)
    if (second := str(beside)) != "none":
        expected += WIDTHS.get(beside, WIDTH)
    assert pooling_of(kind, beside=second).width == expected


@pytest.mark.parametrize(
    ("fields", "width", "combined"),
    [
        ({}, WIDTH, None),
        ({"layers": 3}, 3 * WIDTH, None),
        ({"layers": 3, "combine": "weighted"}, WIDTH, None),
        ({"layers": 3, "bottleneck": 4}, 4, 3 * WIDTH),
        ({"layers": 3, "combine": "weighted", "bottleneck": 4}, 4, WIDTH),
    ],
)
def test_layers_and_bottleneck_change_the_width(
    fields: dict[str, Any], width: int, combined: int | None
) -> None:
    pooling = pooling_of("mean", **fields)
    assert pooling.width == width
    assert (pooling.bottleneck.in_features if pooling.bottleneck else None) == combined
    assert (pooling.layer_mean is not None) == ("combine" in fields)


def test_settings_reach_their_pooling() -> None:
    pooling = pooling_of("attention", beside="top_k", hidden=7, k=2)
    assert pooling.main.get_parameter("project.weight").shape == (7, WIDTH)
    assert isinstance(pooling.beside, TopPooling)
    assert pooling.beside.k == 2


def test_texts_too_long_to_be_flattened_are_refused_unless_projected() -> None:
    wide = settings.Pooling(kind="mean", beside="flatten", layers=4)
    with pytest.raises(UsageError, match=r"set pooling\.bottleneck to 1953 or less"):
        build_pooling(wide, 768, max_length=512)
    narrow = wide.model_copy(update={"bottleneck": 64})
    assert build_pooling(narrow, 768, max_length=512).width == 64 + 64 * 512
