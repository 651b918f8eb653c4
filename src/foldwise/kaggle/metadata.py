"""`kernel-metadata.json` and `dataset-metadata.json`: what the kaggle program reads.

Every field is written, the booleans too: where one is missing, the program and its documentation
disagree on what that means. https://github.com/Kaggle/kaggle-api/tree/main/docs
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldwise.errors import Complaints, DataError, UsageError
from foldwise.kaggle.names import LONGEST, NOBODY, SHORTEST, slug_of
from foldwise.storage import write_json

KERNEL_FOLDER, DATASET_FOLDER = "kernel", "dataset"
KERNEL, DATASET = "kernel-metadata.json", "dataset-metadata.json"
LICENSES = ({"name": "unknown"},)  # the data and encoder a run learned from have their own
GPU = "NvidiaTeslaT4"  # two of them; no kernels are built for the P100 any more
BOOLEANS = ("is_private", "enable_gpu", "enable_tpu", "enable_internet")
LISTS = ("dataset_sources", "competition_sources", "kernel_sources", "model_sources", "keywords")
WORDS = ("language", "kernel_type", "machine_shape", "docker_image_pinning_type")


@dataclass(frozen=True)
class KernelSources:
    """What is attached to a kernel, by its id on Kaggle."""

    datasets: tuple[str, ...] = ()
    competitions: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


def write_kernel_metadata(
    folder: Path, owner: str, title: str, sources: KernelSources, *, gpu: bool
) -> None:
    """Write the metadata of the kernel in `folder`, whose notebook is `<slug>.ipynb`."""
    slug = slug_of(title)
    fields = {
        "id": f"{owner}/{slug}",
        "title": title,
        "code_file": f"{slug}.ipynb",
        "language": "python",
        "kernel_type": "notebook",
        "is_private": True,
        "enable_gpu": gpu,
        "enable_tpu": False,
        "enable_internet": False,
        "machine_shape": GPU if gpu else "",
        "dataset_sources": list(sources.datasets),
        "competition_sources": list(sources.competitions),
        "kernel_sources": list(sources.kernels),
        "model_sources": list(sources.models),
        "keywords": [],
        "docker_image_pinning_type": "original",
    }
    write_json(folder / KERNEL, fields)


def write_dataset_metadata(folder: Path, owner: str, title: str) -> None:
    """Write the metadata of the dataset in `folder`."""
    fields = {"title": title, "id": f"{owner}/{slug_of(title)}", "licenses": list(LICENSES)}
    write_json(folder / DATASET, fields)


def is_kernel(folder: Path) -> bool:
    """Whether `folder` was made by `foldwise kernel build`."""
    return (folder / KERNEL_FOLDER / KERNEL).is_file()


def check_built(folder: Path) -> None:
    """Check that a kernel was built into `folder`.

    Raises:
        UsageError: none was; whoever gave the name meant another.
    """
    if not is_kernel(folder):
        raise UsageError(
            f"no kernel in {folder}: {folder / KERNEL_FOLDER / KERNEL} does not exist; give the "
            f"folder that was made with: foldwise kernel build RUN"
        )


def check_kernel(folder: Path) -> dict[str, Any]:
    """The metadata of the kernel in `folder`, which Kaggle would accept.

    Raises:
        DataError: all at once: a field is missing or of another type, the id has no owner or
            another slug than the title, or the notebook is missing or no Python notebook.
    """
    fields, complaints = _read(folder / KERNEL), Complaints()
    where = folder / KERNEL
    complaints.extend(_wrong_types(where, fields, BOOLEANS, bool))
    complaints.extend(_wrong_types(where, fields, LISTS, list))
    complaints.extend(_wrong_types(where, fields, WORDS, str))
    complaints.extend(_wrong_names(where, fields, shortest=SHORTEST - 1))
    if fields.get("enable_internet") is not False:
        complaints.add(f"{where}: enable_internet must be false, as code competitions demand")
    complaints.extend(_wrong_notebook(folder / str(fields.get("code_file", ""))))
    complaints.raise_if_any(DataError)
    return fields


def check_dataset(folder: Path) -> dict[str, Any]:
    """The metadata of the dataset in `folder`, which Kaggle would accept.

    Raises:
        DataError: all at once: as of a kernel's id and title, or other than one licence.
    """
    fields, complaints = _read(folder / DATASET), Complaints()
    complaints.extend(_wrong_names(folder / DATASET, fields, shortest=SHORTEST))
    licenses = fields.get("licenses")
    if not isinstance(licenses, list) or len(licenses) != 1:
        complaints.add(f"{folder / DATASET}: licenses must list exactly one, got {licenses!r}")
    complaints.raise_if_any(DataError)
    return fields


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DataError(f"{path} does not exist; build the kernel again: foldwise kernel build RUN")
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} must be JSON: {error}; build the kernel again") from None
    if not isinstance(fields, dict):
        raise DataError(f"{path} must hold a table, got {fields!r:.80}; build the kernel again")
    return fields


def _wrong_types(
    where: Path, fields: dict[str, Any], names: Sequence[str], kind: type
) -> list[str]:
    return [
        f"{where}: {name} must be written as a {kind.__name__}, got {fields.get(name)!r}"
        for name in names
        if not isinstance(fields.get(name), kind)
    ]


def _wrong_names(where: Path, fields: dict[str, Any], shortest: int) -> list[str]:
    owner, _, slug = str(fields.get("id", "")).partition("/")
    title = str(fields.get("title", ""))
    wrong = []
    if owner in {"", NOBODY}:
        wrong.append(
            f"{where}: the id must begin with your user name on Kaggle, got {fields.get('id')!r}; "
            f"build it again with --owner NAME"
        )
    if slug != slug_of(title):
        wrong.append(
            f"{where}: the id's slug must be the title's, {slug_of(title)!r}, got {slug!r}"
        )
    if not shortest <= len(title) <= LONGEST:
        wrong.append(
            f"{where}: a title has {shortest} to {LONGEST} characters, got {len(title)}: {title!r}"
        )
    return wrong


def _wrong_notebook(path: Path) -> list[str]:
    if not path.is_file():
        return [f"{path}: code_file must name a notebook beside the metadata; there is none"]
    try:
        kernel = json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"]
    except (ValueError, KeyError, TypeError):
        return [f"{path}: a notebook must be JSON with a kernelspec, or it fails on Kaggle"]
    return [] if kernel == "python3" else [f"{path}: the kernel must be python3, got {kernel!r}"]
