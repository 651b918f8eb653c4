from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from foldwise.encoders import EncoderFiles
from foldwise.errors import StorageError
from foldwise.settings import Settings
from foldwise.tokenization.batches import collate
from foldwise.tokenization.tokenizer import load_tokenizer
from foldwise.tokenization.tokens import tokenize
from foldwise.training import freezing
from foldwise.training.freezing import NAME, Place, Texts, frozen_states
from foldwise.training.frozen_states import FrozenStates, frozen_layers, frozen_part
from foldwise.training.stages import learn_only
from tests.tiny_encoders import Family, make_tiny_encoder
from tests.training.tiny_learners import (
    TEXTS,
    learner_of,
    made_of,
    new_model,
    settings_of,
    take_all,
    tiny_tokens,
    weights_of,
    whole_batches,
)

CASES: dict[str, dict[str, Any]] = {
    "one vector a text": {"stages": [{"epochs": 6.0, "train": "head"}]},
    "the pooling's states": {
        "stages": [{"epochs": 6.0, "train": "head"}],
        "pooling": {"kind": "attention", "layers": 2, "hidden": 8},
    },
    "weighted layers": {
        "encoder": {"frozen": "all"},
        "pooling": {"layers": 2, "combine": "weighted"},
    },
    "the layer below": {"stages": [{"epochs": 6.0, "train": 1}]},
    "two layers read": {"encoder": {"frozen": 1}, "pooling": {"kind": "max", "layers": 2}},
}


@contextmanager
def states_of(
    folder: Path, chosen: Settings, into: Path, *, pretrained: bool = False
) -> Iterator[FrozenStates | None]:
    made = made_of(folder, chosen)
    learn_only(made.model, made.plans[0].learns)
    texts = Texts(tiny_tokens(folder), 64, lambda _done: None)
    place = Place(into, into / "shared", "identity")
    states = frozen_states(place, made.model, texts, chosen.hardware, pretrained=pretrained)
    with states as frozen:
        yield frozen


def trained(folder: Path, chosen: Settings, frozen: FrozenStates | None) -> dict[str, Tensor]:
    learner = learner_of(made_of(folder, chosen), chosen, frozen=frozen)
    take_all(learner, whole_batches(tiny_tokens(folder)))
    return weights_of(learner)


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "xlnet"])
@pytest.mark.parametrize("case", CASES)
def test_training_on_kept_states_gives_the_weights_of_training_on_all_layers(
    tmp_path: Path, family: Family, case: str
) -> None:
    folder = make_tiny_encoder(tmp_path / "encoder", family)
    changed = CASES[case]
    # where a layer learns, it drops out the same in both
    dropout = 0.1 if case in {"the layer below", "two layers read"} else 0.0
    encoder = {"dropout": dropout, **changed.get("encoder", {})}
    chosen = settings_of(**{**changed, "encoder": encoder})

    with states_of(folder, chosen, tmp_path) as frozen:
        assert frozen is not None
        kept = trained(folder, chosen, frozen)
    whole = trained(folder, chosen, None)

    changes = []
    start = made_of(folder, chosen).learned
    for name, value in whole.items():
        # the same but for the rounding of batches of another shape
        torch.testing.assert_close(kept[name], value, rtol=2e-3, atol=2e-5, msg=name)
        changes.append(not torch.equal(value, start[name]))
    assert any(changes)


PAIRS = {  # with a text that spells out the padding token
    "bert": [("a [PAD] film", "bad"), ("funny", "a great great book"), ("bad", "good")],
    "roberta": [("a<pad> film", "bad"), ("funny", "a great great book"), ("bad", "good")],
}


@pytest.mark.parametrize("attention", ["packed", "sdpa"])
@pytest.mark.parametrize("family", PAIRS)
def test_states_below_a_layer_are_those_of_each_text_alone(
    tmp_path: Path, family: Family, attention: str
) -> None:
    folder = make_tiny_encoder(tmp_path / "encoder", family)
    tokenizer = load_tokenizer(EncoderFiles("tiny", folder, "folder"), 32)
    tokens = tokenize(tokenizer, PAIRS[family], None)
    assert (tokens.ids == tokens.padding.id).sum() == 1
    chosen = settings_of(encoder={"frozen": 1, "attention": attention})
    model = made_of(folder, chosen).model
    learn_only(model, ["layer 1", "head"])
    told: list[dict[str, Any]] = []
    backbone = model.encoder.backbone
    hook = backbone.register_forward_pre_hook(
        lambda _module, args, options: told.append({"ids": args[0], **options}), with_kwargs=True
    )
    place = Place(tmp_path, tmp_path / "shared", "identity")
    texts = Texts(tokens, 64, lambda _done: None)
    with frozen_states(place, model, texts, chosen.hardware, pretrained=False) as frozen:
        assert frozen is not None
        kept = torch.from_numpy(np.array(frozen.values))
    hook.remove()

    (batch,) = told
    if attention == "packed":
        assert batch["ids"].shape == (1, len(tokens.ids))  # no padding was computed
    else:
        assert batch["attention_mask"].ndim == 4  # a GPU is not asked what is masked
    for text, (begin, end) in enumerate(pairwise(tokens.offsets)):
        alone = collate(tokens, [text])
        segments = alone.token_type_ids
        options = {} if segments is None else {"token_type_ids": segments}
        whole = backbone(
            alone.input_ids, alone.attention_mask, output_hidden_states=True, **options
        )
        torch.testing.assert_close(kept[begin:end], whole.hidden_states[1][0], rtol=1e-4, atol=1e-5)


def test_nothing_is_kept_while_the_first_layer_learns(tmp_path: Path) -> None:
    folder = make_tiny_encoder(tmp_path / "encoder", "bert")
    for encoder in ({}, {"frozen": "embeddings"}):
        with states_of(folder, settings_of(encoder=encoder), tmp_path) as frozen:
            assert frozen is None


class Extent(NamedTuple):
    """What is frozen, and how far up states are kept."""

    encoder: dict[str, Any]
    pooling: dict[str, Any]
    part: tuple[str, int]


@pytest.mark.parametrize(
    "extent",
    [
        Extent({"frozen": "all"}, {}, ("pooling", 2)),
        Extent({"frozen": "all"}, {"kind": "gem"}, ("encoder", 2)),
        Extent({"frozen": 1}, {}, ("layers", 1)),
        Extent({"frozen": 1}, {"layers": 2}, ("layers", 1)),
    ],
)
def test_states_are_kept_as_far_up_as_nothing_learns(tmp_path: Path, extent: Extent) -> None:
    folder = make_tiny_encoder(tmp_path, "bert")
    chosen = settings_of(encoder=extent.encoder, pooling=extent.pooling)
    model = new_model(folder, chosen)
    learn_only(model, made_of(folder, chosen).plans[0].learns)
    assert frozen_part(model) == extent.part


def test_an_encoder_that_cannot_be_entered_keeps_its_top_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = new_model(make_tiny_encoder(tmp_path, "bert"), settings_of())
    monkeypatch.setattr(model.encoder, "_entrance", None)
    learn_only(model, ["layer 1", "head"])
    assert frozen_layers(model) == 1
    assert frozen_part(model) is None
    learn_only(model, ["head"])
    assert frozen_part(model) == ("pooling", 2)


def test_the_file_is_gone_afterwards_also_after_a_failure(tmp_path: Path) -> None:
    folder = make_tiny_encoder(tmp_path / "encoder", "bert")
    chosen = settings_of(encoder={"frozen": "all"})
    with states_of(folder, chosen, tmp_path):
        assert (tmp_path / NAME / "states").stat().st_size == len(TEXTS) * 16 * 4
    assert not (tmp_path / NAME).exists()
    with pytest.raises(KeyError), states_of(folder, chosen, tmp_path):
        raise KeyError
    assert not (tmp_path / NAME).exists()


def test_states_that_would_fill_the_disk_are_refused_with_the_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage(free=600))
    folder = make_tiny_encoder(tmp_path / "encoder", "bert")
    refused = pytest.raises(StorageError, match=r"take 320 bytes in \S+, more than half of the 600")
    with refused, states_of(folder, settings_of(encoder={"frozen": "all"}), tmp_path):
        pass


def test_what_never_learned_is_computed_once_for_all_folds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tiny_encoder(tmp_path / "encoder", "bert")
    chosen = settings_of(encoder={"frozen": "all"})
    with states_of(folder, chosen, tmp_path, pretrained=True) as first:
        assert first is not None
    monkeypatch.setattr(freezing, "_compute", None)  # another computation would fail
    with states_of(folder, chosen, tmp_path, pretrained=True) as second:
        assert second is not None
        assert np.array_equal(first.values, second.values)
    # one array of states, and the lock under which it was made
    assert sorted(path.name for path in (tmp_path / "shared").iterdir()) == [
        ".lock",
        "identity-cpu-fp32-pooling-2",
    ]


def test_a_computation_that_is_cut_short_leaves_nothing_that_passes_for_whole(
    tmp_path: Path,
) -> None:
    folder = make_tiny_encoder(tmp_path / "encoder", "bert")
    chosen = settings_of(encoder={"frozen": "all"})
    made = made_of(folder, chosen)
    learn_only(made.model, made.plans[0].learns)

    def stop(_done: int) -> None:
        raise KeyError

    texts = Texts(tiny_tokens(folder), 8, stop)
    place = Place(tmp_path, tmp_path / "shared", "identity")
    states = frozen_states(place, made.model, texts, chosen.hardware, pretrained=True)
    with pytest.raises(KeyError), states:
        pass
    assert not (tmp_path / "shared" / "identity-cpu-fp32-pooling-2").exists()
