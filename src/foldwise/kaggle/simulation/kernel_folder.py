"""What `foldwise kernel build` wrote, as far as a simulation needs it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldwise.errors import Complaints, UsageError


@dataclass(frozen=True)
class KernelFolder:
    """A built kernel.

    Attributes:
        folder: with `kernel/` and `dataset/`.
        notebook: the one file that is pushed.
        slug: of the kernel.
        owner: of kernel and dataset.
        dataset_slug: of the dataset.
        competition_slug: of the competition on Kaggle; its name here where it is not from Kaggle.
        competition: its name here.
        run: whose models are packed, or which is trained.
        training: whether the kernel trains, going on from its own output.
    """

    folder: Path
    notebook: Path
    slug: str
    owner: str
    dataset_slug: str
    competition_slug: str
    competition: str
    run: str
    training: bool

    @property
    def dataset(self) -> Path:
        """What is uploaded as a dataset."""
        return self.folder / "dataset"


def read_kernel_folder(folder: Path) -> KernelFolder:
    """The kernel that was built into `folder`.

    Raises:
        UsageError: a file is missing, damaged, or lacks what a kernel has; all at once.
    """
    complaints = Complaints()
    kernel = _table(folder / "kernel" / "kernel-metadata.json", complaints)
    dataset = _table(folder / "dataset" / "dataset-metadata.json", complaints)
    manifest = _table(folder / "dataset" / "manifest.json", complaints)
    notebook = folder / "kernel" / str(kernel.get("code_file", "?"))
    if kernel and not notebook.is_file():
        complaints.add(f"{notebook} does not exist, and it is the kernel's code_file")
    for name, table, keys in (
        ("kernel-metadata.json", kernel, ("id", "code_file")),
        ("dataset-metadata.json", dataset, ("id",)),
        ("manifest.json", manifest, ("run", "competition")),
    ):
        missing = [key for key in keys if table and key not in table]
        complaints.extend(f"{name} in {folder} has no {key!r}" for key in missing)
    if complaints:
        complaints.add("build the kernel anew: foldwise kernel build RUN")
    complaints.raise_if_any(UsageError)
    owner, _, slug = str(kernel["id"]).partition("/")
    competitions = kernel.get("competition_sources") or [manifest["competition"]]
    return KernelFolder(
        folder=folder,
        notebook=notebook,
        slug=slug,
        owner=owner,
        dataset_slug=str(dataset["id"]).partition("/")[2],
        competition_slug=str(competitions[0]),
        competition=str(manifest["competition"]),
        run=str(manifest["run"]),
        training=kernel["id"] in kernel.get("kernel_sources", ()),
    )


def _table(path: Path, complaints: Complaints) -> dict[str, Any]:
    """The object in a JSON file; empty, with a complaint, where there is none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        complaints.add(f"{path} does not exist")
        return {}
    except ValueError as error:
        complaints.add(f"{path} must be JSON: {error}")
        return {}
    if not isinstance(table, dict) or not table:
        complaints.add(f"{path} must be a JSON object with what a kernel has")
        return {}
    return table
