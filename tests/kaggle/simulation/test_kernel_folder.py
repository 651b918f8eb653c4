"""Kernels that cannot be simulated: every complaint at once."""

import json
from pathlib import Path

import pytest

from foldwise.errors import DataError, UsageError
from foldwise.kaggle.simulation.kernel_folder import read_kernel_folder
from tests.kaggle.simulation.toy_kernel import make_toy_kernel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_toy_kernel(tmp_path / "toy", "lengths")


def change(path: Path, **changed: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def test_a_built_kernel_is_read(folder: Path) -> None:
    kernel = read_kernel_folder(folder)
    assert (kernel.owner, kernel.slug, kernel.dataset_slug) == ("owner", "toy", "toy-package")
    assert kernel.competition_slug == "tiny-regression"  # it is not from Kaggle
    assert not kernel.training


def test_a_folder_without_a_kernel_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^no kernel in .* made with: foldwise kernel build RUN$"):
        read_kernel_folder(tmp_path)


def test_all_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel" / "kernel-metadata.json").write_text("{}")
    with pytest.raises(DataError) as raised:
        read_kernel_folder(tmp_path)
    assert [complaint.removeprefix(f"{tmp_path}/") for complaint in raised.value.complaints] == [
        "kernel/kernel-metadata.json must be an object with id, code_file",
        "dataset/dataset-metadata.json does not exist",
        "dataset/foldwise-package.json does not exist",
        "what is wrong is put right by: foldwise kernel build RUN",
    ]


def test_a_kernel_with_internet_or_without_a_kernelspec_is_refused(folder: Path) -> None:
    change(folder / "kernel" / "kernel-metadata.json", enable_internet=True)
    change(folder / "kernel" / "toy.ipynb", metadata={})
    with pytest.raises(DataError) as raised:
        read_kernel_folder(folder)
    internet, spec, _ = raised.value.complaints
    assert internet == (
        "a kernel of a code competition has no internet: kernel-metadata.json must say "
        "enable_internet false, it says True"
    )
    notebook = folder / "kernel" / "toy.ipynb"
    assert spec == f"{notebook} must be a notebook that names its kernelspec"


def test_metadata_that_is_no_json_is_refused(folder: Path) -> None:
    (folder / "dataset" / "dataset-metadata.json").write_text("{")
    with pytest.raises(DataError, match=r"dataset-metadata\.json must be JSON"):
        read_kernel_folder(folder)
