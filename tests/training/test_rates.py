import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.settings import Rates, Stage
from foldwise.training.rates import frozen_groups, layer_rates, layers_of, trained_groups

NAMES = ["embeddings", *(f"layer {i}" for i in range(4)), "pooling", "head"]
MLP = [*NAMES[:-1], "head 0", "head 1"]
SHAPES = ("constant", "decay", "linear", "bands", "slice")


def names_of(layers: int) -> list[str]:
    return ["embeddings", *(f"layer {i}" for i in range(layers)), "pooling", "head"]


def of_layers(layers: int, rates: Rates) -> list[float]:
    peaks = layer_rates(names_of(layers), rates)
    return [peaks[f"layer {i}"] for i in range(layers)]


def test_decay_gives_each_layer_a_share_of_the_one_above() -> None:
    rates = layer_rates(NAMES, Rates(head=1e-3, top=1e-4, decay=0.5))

    assert rates == {
        "embeddings": pytest.approx(1e-4 / 16),
        "layer 0": pytest.approx(1e-4 / 8),
        "layer 1": pytest.approx(1e-4 / 4),
        "layer 2": pytest.approx(1e-4 / 2),
        "layer 3": 1e-4,
        "pooling": 1e-3,
        "head": 1e-3,
    }


def test_decay_of_one_gives_all_layers_the_same_rate_and_so_does_constant() -> None:
    rates = layer_rates(NAMES, Rates(top=3e-5, decay=1.0))

    assert {rates[name] for name in NAMES[:-2]} == {3e-5}
    assert layer_rates(NAMES, Rates(top=3e-5, shape="constant")) == rates


def test_linear_rises_from_one_times_at_layer_0_to_five_times_at_the_top() -> None:
    rates = layer_rates(NAMES, Rates(top=5e-5, shape="linear", span=5.0))

    rising = [rates[f"layer {i}"] for i in range(4)]
    steps = [high - low for low, high in itertools.pairwise(rising)]
    assert rising[0] == rates["embeddings"] == 5e-5 / 5
    assert rising[-1] == 5e-5
    assert steps == pytest.approx([steps[0]] * 3)


def test_linear_shares_a_rate_between_every_k_layers() -> None:
    rates = of_layers(24, Rates(top=5e-5, shape="linear", span=5.0, every=6))

    sets = [rates[start : start + 6] for start in range(0, 24, 6)]
    assert all(len(set(rates)) == 1 for rates in sets)
    assert [rates[0] for rates in sets] == pytest.approx([5e-5 * k / 15 for k in (3, 7, 11, 15)])


def test_linear_counts_from_the_top_where_the_layers_do_not_divide() -> None:
    assert of_layers(4, Rates(top=3e-5, shape="linear", span=3.0, every=3)) == [
        pytest.approx(1e-5),
        *[3e-5] * 3,
    ]
    assert of_layers(2, Rates(top=3e-5, shape="linear", every=8)) == [3e-5] * 2


@pytest.mark.parametrize(
    ("layers", "thirds"),
    [(1, "u"), (2, "mu"), (3, "lmu"), (4, "lmuu"), (5, "lmmuu"), (6, "llmmuu"), (7, "llmmuuu")],
)
def test_bands_are_thirds_and_the_last_layer_is_always_upper(layers: int, thirds: str) -> None:
    shares = {"l": 0.1, "m": 0.5, "u": 0.9}
    rates = Rates(top=1e-2, shape="bands", bands=(0.1, 0.5, 0.9))

    assert of_layers(layers, rates) == [1e-2 * shares[third] for third in thirds]
    assert layer_rates(names_of(layers), rates)["embeddings"] == 1e-2 * 0.1


def test_a_slice_rises_over_all_groups_in_even_geometric_steps() -> None:
    rates = layer_rates(MLP, Rates(top=1e-3, shape="slice", decay=0.95))

    # fastai: slice(lr * 0.95**n, lr) over n layer groups
    assert list(rates) == MLP
    expected = np.geomspace(1e-3 * 0.95**8, 1e-3, 8)
    assert list(rates.values()) == pytest.approx(expected.tolist(), rel=1e-12)
    assert rates["head 1"] == 1e-3
    assert layer_rates(["head"], Rates(top=1e-3, shape="slice", decay=0.5)) == {"head": 1e-3}


def test_pooling_and_embeddings_have_rates_of_their_own_where_they_are_given() -> None:
    rates = layer_rates(NAMES, Rates(embeddings=7e-6, pooling=2e-4, head=1e-3, top=1e-5))

    assert (rates["embeddings"], rates["pooling"], rates["head"]) == (7e-6, 2e-4, 1e-3)


def test_all_layers_of_a_head_learn_at_the_head_s_rate_unless_they_are_named() -> None:
    assert layer_rates(MLP, Rates(head=2e-3))["head 0"] == 2e-3
    rates = layer_rates(MLP, Rates(head=2e-3, groups={"head 1": 5e-3}))
    assert (rates["head 0"], rates["head 1"]) == (2e-3, 5e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_group_s_own_rate_wins_over_the_shape(shape: str) -> None:
    own = {"embeddings": 1e-7, "layer 2": 0.0, "pooling": 0.5, "head 0": 0.25}
    chosen = Rates.model_validate({"shape": shape, "groups": own})
    plain = layer_rates(MLP, chosen.model_copy(update={"groups": {}}))

    assert layer_rates(MLP, chosen) == plain | own
    assert frozen_groups(MLP, chosen) == ["layer 2"]


def test_a_name_that_is_no_group_of_this_model_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        layer_rates(MLP, Rates(groups={"layr 1": 1e-5, "head 0": 1e-3, "zzz": 1e-3}))

    assert caught.value.complaints == (
        "rates.groups: this model has no layer group 'layr 1'; did you mean 'layer 1'?",
        "rates.groups: this model has no layer group 'zzz'; known: embeddings, head 0, head 1, "
        "layer 0, layer 1, layer 2, layer 3, pooling",
    )


def test_a_rate_of_zero_freezes_its_group_and_no_other() -> None:
    assert frozen_groups(NAMES, Rates(embeddings=0.0)) == ["embeddings"]
    assert frozen_groups(NAMES, Rates(top=0.0)) == NAMES[:5]
    assert frozen_groups(NAMES, Rates()) == []


@given(
    layers=st.integers(1, 30),
    shape=st.sampled_from(SHAPES),
    top=st.floats(1e-7, 1.0),
    decay=st.floats(0.1, 1.0),
    span=st.floats(1.0, 100.0),
    every=st.integers(1, 40),
    bands=st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
def test_rates_never_fall_on_the_way_up_and_the_last_layer_has_the_top_one(
    layers: int,
    shape: str,
    top: float,
    decay: float,
    span: float,
    every: int,
    bands: list[float],
) -> None:
    rates = Rates.model_validate(
        {"shape": shape, "top": top, "decay": decay, "span": span, "every": every}
        | {"bands": (*sorted(bands)[:2], 1.0)}
    )
    names = names_of(layers)
    peaks = layer_rates(names, rates)
    rising = [peaks[name] for name in ("embeddings", *layers_of(names))]
    assert list(peaks) == names
    assert all(low <= high * (1 + 1e-12) for low, high in itertools.pairwise(rising))
    assert peaks["head" if shape == "slice" else f"layer {layers - 1}"] == top


def learning(
    train: object = "all", frozen: object = "none", names: list[str] = MLP, **rates: object
) -> list[str]:
    stage = Stage.model_validate({"epochs": 1.0, "train": train, "rates": rates})
    return trained_groups(names, stage, settings.Encoder.model_validate({"frozen": frozen}))


ABOVE = MLP[5:]


def test_a_stage_learns_everything_the_head_or_the_top_layers_with_it() -> None:
    assert learning("all") == MLP
    assert learning("head") == ABOVE
    assert learning(1) == ["layer 3", *ABOVE]
    assert learning(4) == MLP[1:]


def test_what_the_encoder_s_freezing_holds_never_learns() -> None:
    assert learning(frozen="embeddings") == MLP[1:]
    assert learning(frozen=1) == MLP[2:]
    assert learning(frozen=4) == learning(frozen="all") == ABOVE
    assert learning(2, frozen=2) == ["layer 2", "layer 3", *ABOVE]
    assert learning("head", frozen=2) == ABOVE


def test_rates_of_zero_freeze_in_every_stage() -> None:
    assert learning(embeddings=0.0, groups={"head 0": 0.0}) == [*MLP[1:6], "head 1"]
    assert learning("head", pooling=0.0) == ["head 0", "head 1"]


def test_layers_that_share_their_weights_are_one() -> None:
    names = ["embeddings", "layer 0", "head"]
    assert learning(1, names=names) == ["layer 0", "head"]


def test_a_stage_in_which_nothing_learns_is_refused() -> None:
    with pytest.raises(UsageError, match=r"train='head': encoder\.frozen and rates of 0 leave no"):
        learning("head", names=["embeddings", "layer 0", "head"], head=0.0)
