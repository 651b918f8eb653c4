"""What the kaggle program is told of a kernel and its dataset."""

import json
from pathlib import Path
from typing import Any

import pytest

from foldwise.errors import DataError
from foldwise.kaggle.building.notebook import Cell, write_notebook
from foldwise.kaggle.metadata import (
    DATASET,
    KERNEL,
    KernelSources,
    check_dataset,
    check_kernel,
    write_dataset_metadata,
    write_kernel_metadata,
)

FIELDS = {  # https://github.com/Kaggle/kaggle-api/blob/main/docs/kernels_metadata.md
    *("id", "title", "code_file", "language", "kernel_type", "is_private", "enable_gpu"),
    *("enable_tpu", "enable_internet", "machine_shape", "dataset_sources", "competition_sources"),
    *("kernel_sources", "model_sources", "docker_image_pinning_type"),
}


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    sources = KernelSources(("me-too/data",), ("some-competition",))
    write_kernel_metadata(tmp_path, "me-too", "some run infer", sources, gpu=True)
    write_notebook(tmp_path / "some-run-infer.ipynb", [Cell("code", "one", "1 + 1")])
    return tmp_path


def changed(path: Path, **fields: Any) -> None:
    table = json.loads(path.read_text())
    path.write_text(json.dumps({**table, **fields}))


def test_every_field_is_written_the_booleans_too(kernel: Path) -> None:
    fields = check_kernel(kernel)
    assert fields.keys() >= FIELDS
    booleans = {name: value for name, value in fields.items() if isinstance(value, bool)}
    assert booleans == {
        "is_private": True,
        "enable_gpu": True,
        "enable_tpu": False,
        "enable_internet": False,
    }
    assert fields["id"] == "me-too/some-run-infer"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"enable_gpu": None}, "enable_gpu must be written as a bool, got None"),
        ({"enable_internet": True}, "enable_internet must be false"),
        ({"dataset_sources": "me/data"}, "dataset_sources must be written as a list"),
        ({"id": "me-too/other"}, "the id's slug must be the title's, 'some-run-infer', got"),
        ({"id": "your-user-name/some-run-infer"}, "build it again with --owner NAME"),
        ({"title": "a"}, "a title has 5 to 50 characters, got 1: 'a'"),
        ({"code_file": "gone.ipynb"}, "code_file must name a notebook beside the metadata"),
    ],
)
def test_what_kaggle_would_refuse_is_refused_here(
    kernel: Path, fields: dict[str, Any], message: str
) -> None:
    changed(kernel / KERNEL, **fields)
    with pytest.raises(DataError) as caught:
        check_kernel(kernel)
    assert message in str(caught.value)


def test_all_that_is_wrong_is_told_at_once(kernel: Path) -> None:
    changed(kernel / KERNEL, enable_gpu=None, title="a", enable_internet=True)
    with pytest.raises(DataError) as caught:
        check_kernel(kernel)
    assert len(caught.value.complaints) == 4  # the slug is not that title's either


def test_a_notebook_without_a_kernelspec_is_refused(kernel: Path) -> None:
    changed(kernel / "some-run-infer.ipynb", metadata={})
    with pytest.raises(DataError, match="a notebook must be JSON with a kernelspec"):
        check_kernel(kernel)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_metadata_that_is_no_table_is_refused(kernel: Path, text: str) -> None:
    (kernel / KERNEL).write_text(text)
    with pytest.raises(DataError, match="build the kernel again"):
        check_kernel(kernel)


def test_a_dataset_has_exactly_one_licence(tmp_path: Path) -> None:
    write_dataset_metadata(tmp_path, "me-too", "some run package")
    assert check_dataset(tmp_path)["id"] == "me-too/some-run-package"
    changed(tmp_path / DATASET, licenses=[])
    with pytest.raises(DataError, match="licenses must list exactly one, got"):
        check_dataset(tmp_path)
