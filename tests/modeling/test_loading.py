import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers.utils import logging

from foldwise.errors import UsageError
from foldwise.modeling.loading import build_encoder, load_encoder
from tests.modeling.conftest import TinyEncoder
from tests.modeling.tiny_models import tiny_batch

Change = Callable[[dict[str, Tensor]], dict[str, Tensor]]


def changed_copy(folder: Path, to: Path, change: Change) -> Path:
    shutil.copytree(folder, to)
    weights = change(load_file(folder / "model.safetensors"))
    save_file(weights, to / "model.safetensors", metadata={"format": "pt"})
    return to


def with_config(folder: Path, to: Path, **fields: object) -> Path:
    shutil.copytree(folder, to)
    config = json.loads((folder / "config.json").read_text())
    (to / "config.json").write_text(json.dumps(config | fields))
    return to


def test_weights_are_those_of_the_file(folder: Path) -> None:
    saved = load_file(folder / "model.safetensors")
    for name, parameter in load_encoder(folder).backbone.named_parameters():
        torch.testing.assert_close(parameter.detach(), saved[name], rtol=0, atol=0)


def test_an_fp16_checkpoint_becomes_float32(folder: Path, tmp_path: Path) -> None:
    half = changed_copy(
        folder, tmp_path / "half", lambda weights: {n: w.half() for n, w in weights.items()}
    )
    half = with_config(half, tmp_path / "declared", dtype="float16")
    for encoder in (load_encoder(half), build_encoder(half)):
        assert {p.dtype for p in encoder.parameters()} == {torch.float32}


def test_a_missing_weight_is_named(bert: Path, tmp_path: Path) -> None:
    name = "encoder.layer.1.output.dense.bias"
    folder = changed_copy(
        bert, tmp_path / "e", lambda weights: {n: w for n, w in weights.items() if n != name}
    )
    message = re.escape(f"{folder} lacks 1 weight of the encoder: {name}")
    with pytest.raises(UsageError, match=message):
        load_encoder(folder)


def test_an_unexpected_weight_is_named(bert: Path, tmp_path: Path) -> None:
    folder = changed_copy(
        bert, tmp_path / "e", lambda weights: {**weights, "encoder.layer.7.bias": torch.ones(2)}
    )
    message = re.escape("has 1 weight that the encoder has no place for: encoder.layer.7.bias")
    with pytest.raises(UsageError, match=message):
        load_encoder(folder)


def test_a_weight_of_another_shape_is_named(bert: Path, tmp_path: Path) -> None:
    folder = with_config(bert, tmp_path / "e", intermediate_size=64)
    message = re.escape("encoder.layer.0.intermediate.dense.bias must have shape (64,), got (32,)")
    with pytest.raises(UsageError, match=message):
        load_encoder(folder)


@pytest.mark.parametrize(
    "name",
    [
        "pooler.dense.weight",
        "cls.predictions.bias",
        "lm_head.bias",
        "classifier.weight",
        "embeddings.position_ids",
    ],
)
def test_known_parts_without_a_use_are_passed_over(bert: Path, tmp_path: Path, name: str) -> None:
    folder = changed_copy(bert, tmp_path / "e", lambda w: {**w, name: torch.ones(2, 2)})
    loaded, expected = load_encoder(folder).state_dict(), load_encoder(bert).state_dict()
    assert loaded.keys() == expected.keys()
    assert all(torch.equal(loaded[key], expected[key]) for key in expected)


def test_a_pooler_is_left_out(folder: Path) -> None:
    names = [name for name, _ in load_encoder(folder).named_parameters()]
    assert not [name for name in names if "pooler" in name]


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_the_dropout_setting_reaches_every_dropout(folder: Path, share: float) -> None:
    encoder = load_encoder(folder, dropout=share).train()
    shares = {m.p for m in encoder.modules() if isinstance(m, nn.Dropout)}
    assert shares == {share}
    batch = tiny_batch(folder, [6])
    outputs = [encoder(*batch)[0] for _ in range(2)]
    assert torch.equal(*outputs) == (share == 0)


def test_without_a_setting_dropout_is_the_configs_own(folder: Path) -> None:
    encoder = load_encoder(folder)
    assert {m.p for m in encoder.modules() if isinstance(m, nn.Dropout)} == {0.1}


def test_both_kinds_of_attention_compute_the_same(bert: Path) -> None:
    batch = tiny_batch(bert, [7, 4])
    (fused,), (plain,) = (load_encoder(bert, attention=a)(*batch) for a in ("sdpa", "eager"))
    own = batch.attention_mask.bool()
    torch.testing.assert_close(fused[own], plain[own], rtol=0, atol=1e-5)


def test_attention_that_a_family_lacks_is_refused(tiny_encoder: TinyEncoder) -> None:
    with pytest.raises(UsageError, match="is not there for a 'xlnet' encoder; use \"eager\""):
        load_encoder(tiny_encoder("xlnet"), attention="sdpa")


def test_a_config_alone_makes_an_encoder_with_random_weights(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "config.json", tmp_path / "config.json")
    built, loaded = build_encoder(tmp_path, dropout=0.0), load_encoder(folder, dropout=0.0)
    shapes = {name: p.shape for name, p in built.named_parameters()}
    assert shapes == {name: p.shape for name, p in loaded.named_parameters()}
    assert not built.training


def test_a_folder_without_weights_is_refused(bert: Path, tmp_path: Path) -> None:
    shutil.copy(bert / "config.json", tmp_path / "config.json")
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    message = re.escape(f"but {tmp_path} has config.json, pytorch_model.bin; pickled weights")
    with pytest.raises(UsageError, match=message):
        load_encoder(tmp_path)


def test_a_folder_without_a_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(f"{tmp_path} has none")):
        load_encoder(tmp_path)


def test_an_unknown_family_is_refused(bert: Path, tmp_path: Path) -> None:
    folder = with_config(bert, tmp_path / "e", model_type="abacus")
    with pytest.raises(UsageError, match=re.escape(f"the encoder in {folder} cannot be read")):
        load_encoder(folder)


def test_damaged_weights_are_refused(bert: Path, tmp_path: Path) -> None:
    folder = with_config(bert, tmp_path / "e")
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=re.escape(f"the encoder in {folder} cannot be read")):
        load_encoder(folder)


def test_loading_prints_nothing_and_leaves_reports_as_they_were(
    bert: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = changed_copy(bert, tmp_path / "e", lambda w: {**w, "lm_head.bias": torch.ones(2)})
    capfd.readouterr()
    before = (logging.get_verbosity(), logging.is_progress_bar_enabled())
    load_encoder(folder)
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
