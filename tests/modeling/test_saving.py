import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from foldwise import settings
from foldwise.errors import DataError, StorageError
from foldwise.modeling.saving import load_model_weights, save_model
from tests.modeling.tiny_models import COMMONLIT, tiny_batch, tiny_model


def test_a_model_read_back_predicts_the_same(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    model = tiny_model(folder, COMMONLIT)
    save_model(path, model)
    other = tiny_model(folder, COMMONLIT, pretrained=False)
    batch = tiny_batch(folder, [6, 2])
    assert not torch.equal(model(*batch), other(*batch))
    load_model_weights(other, path)
    torch.testing.assert_close(other(*batch), model(*batch), rtol=0, atol=0)


def test_every_weight_is_in_the_file_as_float32(bert: Path, tmp_path: Path) -> None:
    model = tiny_model(bert).bfloat16()
    save_model(tmp_path / "m", model)
    saved = load_file(tmp_path / "m")
    assert saved.keys() == model.state_dict().keys()
    assert {value.dtype for value in saved.values()} == {torch.float32}


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.read = nn.Linear(3, 3)
        self.write = nn.Linear(3, 3)
        self.write.weight = self.read.weight
        self.register_buffer("count", torch.tensor([7]))


def test_shared_weights_are_saved_once_and_stay_shared(tmp_path: Path) -> None:
    model, other = Tied(), Tied()
    save_model(tmp_path / "m", model)
    assert load_file(tmp_path / "m").keys() == {"read.weight", "read.bias", "write.bias", "count"}
    load_model_weights(other, tmp_path / "m")
    assert other.write.weight is other.read.weight
    torch.testing.assert_close(other.write.weight, model.read.weight)


def test_slices_of_one_tensor_are_saved_as_they_are(tmp_path: Path) -> None:
    model = nn.Linear(4, 4)
    whole = torch.randn(8, 4)
    model.weight = nn.Parameter(whole[2:6])
    model.bias = nn.Parameter(whole[7])
    save_model(tmp_path / "m", model)
    torch.testing.assert_close(load_file(tmp_path / "m")["weight"], whole[2:6])
    torch.testing.assert_close(load_file(tmp_path / "m")["bias"], whole[7])


def test_weights_of_another_model_are_refused_with_every_name(bert: Path, tmp_path: Path) -> None:
    save_model(tmp_path / "m", tiny_model(bert, COMMONLIT, outputs=2))
    model = tiny_model(bert, settings.Pooling(), outputs=1)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    with pytest.raises(DataError) as refusal:
        load_model_weights(model, tmp_path / "m")
    extra, bias, weight = refusal.value.complaints
    assert "3 weights too many: pooling.main.project.bias, pooling.main.project.weight" in extra
    assert "head.linear.bias must have shape (1,), got (2,); build the model from" in bias
    assert "head.linear.weight must have shape (1, 16), got (2, 64)" in weight
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())


def test_missing_weights_are_named(bert: Path, tmp_path: Path) -> None:
    save_model(tmp_path / "m", nn.Linear(2, 2))
    complaint = re.escape("lacks 3 weights: 0.bias, 0.weight, 1.weight")
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, bias=False))
    with pytest.raises(DataError, match=complaint):
        load_model_weights(model, tmp_path / "m")


def test_a_damaged_file_is_a_storage_error(tmp_path: Path) -> None:
    path = tmp_path / "m"
    save_model(path, nn.Linear(20, 20))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StorageError, match=re.escape(f"the weights in {path} cannot be read")):
        load_model_weights(nn.Linear(20, 20), path)


def test_a_missing_file_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        load_model_weights(nn.Linear(1, 1), tmp_path / "none")


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m"
    torch.save(nn.Linear(1, 1).state_dict(), path)
    with pytest.raises(StorageError, match="cannot be read"):
        load_model_weights(nn.Linear(1, 1), path)
