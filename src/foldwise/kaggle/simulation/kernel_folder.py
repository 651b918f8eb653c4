"""What `foldwise kernel build` wrote, as far as a simulation needs it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldwise.errors import Complaints, DataError
from foldwise.kaggle import metadata, package


@dataclass(frozen=True)
class KernelFolder:
    """A built kernel.

    Attributes:
        folder: with `kernel/` and `dataset/`.
        notebook: the one file that is pushed.
        slug: of the kernel.
        owner: of the kernel.
        dataset_owner: of the dataset.
        dataset_slug: of the dataset.
        package: what the dataset says of itself.
    """

    folder: Path
    notebook: Path
    slug: str
    owner: str
    dataset_owner: str
    dataset_slug: str
    package: package.Package

    @property
    def dataset(self) -> Path:
        """What is uploaded as a dataset."""
        return self.folder / "dataset"

    @property
    def competition_slug(self) -> str:
        """Where Kaggle mounts the competition's files; its name here where it is not from there."""
        return self.package.slug or self.package.competition

    @property
    def training(self) -> bool:
        """Whether the kernel trains, going on from its own output."""
        return self.package.purpose == "train"

    @property
    def halved(self) -> bool:
        """Whether the package holds other weights than the run: float16."""
        return self.package.weights == "fp16"


def read_kernel_folder(folder: Path) -> KernelFolder:
    """The kernel that was built into `folder`.

    Raises:
        UsageError: no kernel was built there.
        DataError: a file is missing or damaged, or Kaggle would not run it so; all at once.
        StorageError: the dataset's manifest is damaged.
    """
    metadata.check_built(folder)
    complaints = Complaints()
    kernel = _table(folder / "kernel" / metadata.KERNEL, ("id", "code_file"), complaints)
    dataset = _table(folder / "dataset" / metadata.DATASET, ("id",), complaints)
    _table(folder / "dataset" / package.FILE, ("run",), complaints)
    notebook = folder / "kernel" / str(kernel.get("code_file", ""))
    if kernel:
        complaints.extend(_faults(kernel, notebook))
    if complaints:
        complaints.add("what is wrong is put right by: foldwise kernel build RUN")
    complaints.raise_if_any(DataError)
    owner, _, slug = str(kernel["id"]).partition("/")
    dataset_owner, _, dataset_slug = str(dataset["id"]).partition("/")
    return KernelFolder(
        folder=folder,
        notebook=notebook,
        slug=slug,
        owner=owner,
        dataset_owner=dataset_owner,
        dataset_slug=dataset_slug,
        package=package.read_package(folder / "dataset"),
    )


def _faults(kernel: dict[str, Any], notebook: Path) -> list[str]:
    """Why Kaggle would not run the kernel as it is simulated."""
    faults = []
    if kernel.get("enable_internet") is not False:
        faults.append(
            f"a kernel of a code competition has no internet: {metadata.KERNEL} must say "
            f"enable_internet false, it says {kernel.get('enable_internet')!r}"
        )
    try:
        spec = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"]
    except OSError:
        return [*faults, f"{notebook} does not exist, and it is the kernel's code_file"]
    except (ValueError, KeyError, TypeError):
        return [*faults, f"{notebook} must be a notebook that names its kernelspec"]
    return faults if spec else [*faults, f"{notebook} must name its kernelspec, got {spec!r}"]


def _table(path: Path, keys: tuple[str, ...], complaints: Complaints) -> dict[str, Any]:
    """The object in a JSON file; empty, with a complaint, where there is none with these keys."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        complaints.add(f"{path} does not exist")
        return {}
    except ValueError as error:
        complaints.add(f"{path} must be JSON: {error}")
        return {}
    missing = [key for key in keys if not isinstance(table, dict) or key not in table]
    if missing:
        complaints.add(f"{path} must be an object with {', '.join(keys)}")
        return {}
    return dict(table)
