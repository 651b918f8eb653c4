"""Weights as float16: half the bytes, and a difference that is measured."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from foldwise.errors import UsageError
from foldwise.kaggle.building import half
from foldwise.kaggle.building.half import write_half
from foldwise.kaggle.building.kernel import KernelRequest, build_inference
from foldwise.paths import Project
from foldwise.pipeline.predicting import predict_texts
from tests.kaggle.conftest import silent
from tests.tiny_competitions import load_tiny


def test_encoders_are_halved_and_the_build_says_what_that_changes(
    made_once: Project, tmp_path: Path
) -> None:
    request = KernelRequest("both", tmp_path / "both-infer", half=True)
    built = build_inference(made_once, request, silent)
    dataset = built.folder / "dataset"
    weights = "fold-0/model.safetensors"
    own = load_file(made_once.run("enc") / weights)
    packed = load_file(dataset / "runs" / "enc" / weights)
    for name, array in own.items():
        if array.dtype == np.float32:
            np.testing.assert_array_equal(packed[name], array.astype(np.float16))
    test = load_tiny(made_once, "tiny-regression").test
    tables = [predict_texts(p, "both", test.ids, test.texts) for p in (made_once, Project(dataset))]
    difference = np.abs(tables[0].values - tables[1].values).max()
    assert built.package.difference == pytest.approx(difference)
    assert 0 < difference < 1e-2
    assert f"change predictions by up to {difference:.2g}" in " ".join(built.remarks)
    name = "fold-0/tfidf.safetensors"  # never halved: its numbers are few
    tfidf = dataset / "runs" / "words" / name
    assert tfidf.read_bytes() == (made_once.run("words") / name).read_bytes()


def test_a_weight_that_float16_cannot_hold_is_refused(tmp_path: Path) -> None:
    save_file({"big": np.array([1e5], np.float32)}, tmp_path / "in.safetensors")
    with pytest.raises(UsageError, match=r"but big in .* has 100,000; build without --fp16"):
        write_half(tmp_path / "in.safetensors", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


def test_a_run_without_an_encoder_has_nothing_to_halve(made_once: Project, tmp_path: Path) -> None:
    request = KernelRequest("words", tmp_path / "words-infer", half=True)
    with pytest.raises(UsageError, match="halves the weights of encoders, and words has none"):
        build_inference(made_once, request, silent)
    assert not (tmp_path / "words-infer").exists()


def test_without_test_rows_the_difference_is_not_measured(
    made_once: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = load_tiny(made_once, "tiny-regression").test
    monkeypatch.setattr(half, "load_test", lambda _competition: test.take(range(0)))
    built = build_inference(made_once, KernelRequest("enc", tmp_path / "e", half=True), silent)
    assert built.package.difference is None
    assert "by how much was not measured" in " ".join(built.remarks)
