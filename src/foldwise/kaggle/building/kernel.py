"""A kernel's folder: the notebook to push, and the dataset that it is attached to."""

import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from foldwise.competition.competition import Competition, load_competition
from foldwise.errors import UsageError
from foldwise.kaggle.building.half import check_something_to_halve, largest_difference
from foldwise.kaggle.building.inference_notebook import inference_cells
from foldwise.kaggle.building.notebook import Cell, write_notebook
from foldwise.kaggle.building.packing import copy_file, pack_runs
from foldwise.kaggle.building.prior import prior_of
from foldwise.kaggle.building.time_limit import KAGGLE_SECONDS, checked_limit
from foldwise.kaggle.building.wheel import write_wheel
from foldwise.kaggle.metadata import (
    DATASET_FOLDER,
    KERNEL_FOLDER,
    KernelSources,
    is_kernel,
    write_dataset_metadata,
    write_kernel_metadata,
)
from foldwise.kaggle.names import NOBODY, checked_owner, slug_of, title_of
from foldwise.kaggle.package import FILE as MANIFEST
from foldwise.kaggle.package import Headline, Package, Purpose, hashes_in, write_package
from foldwise.kaggle.upload_record import FILE as UPLOADS
from foldwise.paths import Project
from foldwise.pipeline.expecting import Expecting
from foldwise.pipeline.provenance import check_members
from foldwise.storage import sha256_of_file, sync_folder
from foldwise.training.manifest import LIBRARIES
from foldwise.training.run_scores import RunScores, read_scores, read_tables

Say = Callable[[str], None]
CellsFor = Callable[[str], list[Cell]]  # the notebook's, for the SHA-256 of its package's manifest


@dataclass(frozen=True)
class KernelRequest:
    """What to build.

    Attributes:
        run: a finished run; for a training, the name of the run to train.
        folder: where to; None: `kernels/<slug>/` in the project.
        owner: the user's name on Kaggle; empty: a placeholder that `kernel push` refuses.
        half: whether encoders' weights are packed as float16.
        max_seconds: that a session may take in all.
    """

    run: str
    folder: Path | None = None
    owner: str = ""
    half: bool = False
    max_seconds: float = KAGGLE_SECONDS


@dataclass(frozen=True)
class BuiltKernel:
    """A kernel's folder, ready to simulate and push.

    Attributes:
        folder: holds `kernel/` and `dataset/`.
        slug: of the kernel.
        bytes: of the dataset.
        package: its manifest.
        remarks: what its builder should know.
    """

    folder: Path
    slug: str
    bytes: int
    package: Package
    remarks: tuple[str, ...]


def build_inference(project: Project, request: KernelRequest, say: Say) -> BuiltKernel:
    """The kernel that predicts with a finished run.

    Raises:
        UsageError: `folder` holds something else, the owner is no user name, or there is nothing to
            halve.
        DataError: the run has not finished, its members have changed, or the competition's files
            are missing.
        StorageError: a file of the run is not what it wrote, or the disk is full.
    """
    scores = read_scores(project.run(request.run))
    check_members(project, request.run)
    if request.half:
        check_something_to_halve(project, request.run)
    competition = load_competition(project.competition(scores.competition))
    with drafted(project, request, "infer") as draft:
        return _filled(project, request, draft, competition, say)


def _filled(
    project: Project, request: KernelRequest, draft: "Draft", competition: Competition, say: Say
) -> BuiltKernel:
    """The kernel, made of the run's files, its score and the notebook."""
    scores = read_scores(project.run(request.run))
    headline = headline_of(project, request.run, scores)  # first: it is kept with the run
    say(f"packing {request.run} into {draft.folder}")
    packed = pack_runs(project, request.run, draft.dataset, half=request.half)
    difference = None
    if request.half:
        say("comparing float16 with the run's own weights")
        difference = largest_difference(project, packed, request.run)
    package = Package(
        name=draft.slug,
        purpose="infer",
        run=request.run,
        competition=competition.name,
        slug=slug_on_kaggle(competition),
        files={},
        versions=versions_here(),
        prior=prior_of(competition),
        outputs=list(read_tables(project.run(request.run))[1].outputs),
        headline=headline,
        weights="fp16" if request.half else "fp32",
        difference=difference,
    )

    def cells(sha256: str) -> list[Cell]:
        names = draft.slug, request.run, competition.title
        return inference_cells(*names, headline, sha256, request.max_seconds)

    return draft.finished(package, cells, competition)


@contextmanager
def drafted(project: Project, request: KernelRequest, purpose: Purpose) -> Iterator["Draft"]:
    """An empty draft; what is not finished is removed.

    Raises:
        UsageError: the folder holds something that is no kernel, the owner is no name, or a
            session cannot take so long.
    """
    checked_limit(request.max_seconds)
    owner = checked_owner(request.owner) if request.owner else NOBODY
    title = title_of(request.run, purpose)
    folder = (request.folder or project.root / "kernels" / slug_of(title)).absolute()
    if folder.is_file():
        raise UsageError(f"a kernel is a folder, but {folder} is a file; give another --output")
    if folder.exists() and any(folder.iterdir()) and not is_kernel(folder):
        raise UsageError(
            f"{folder} holds other files than a kernel's, and building replaces all of it; "
            f"give an empty folder with --output"
        )
    aside = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(aside, ignore_errors=True)  # of a build that was killed
    try:
        (aside / DATASET_FOLDER).mkdir(parents=True)
        (aside / KERNEL_FOLDER).mkdir()
        yield Draft(folder, aside, title, owner)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@dataclass(frozen=True)
class Draft:
    """A kernel's folder in the making, beside where it will stand."""

    folder: Path
    aside: Path
    title: str
    owner: str

    @property
    def slug(self) -> str:
        """The kernel's."""
        return slug_of(self.title)

    @property
    def dataset(self) -> Path:
        """What is packed into."""
        return self.aside / DATASET_FOLDER

    def finished(
        self,
        package: Package,
        cells: CellsFor,
        competition: Competition,
        sources: KernelSources | None = None,
    ) -> BuiltKernel:
        """The kernel with wheel, manifest, notebook and metadata, in its place.

        `sources` are attached besides the package and the competition.
        """
        write_wheel(self.dataset / "wheels")
        package = replace(package, files=hashes_in(self.dataset))
        write_package(self.dataset, package)
        title = title_of(self.slug, "package")
        write_dataset_metadata(self.dataset, self.owner, title)
        kernel = self.aside / KERNEL_FOLDER
        sha256 = sha256_of_file(self.dataset / MANIFEST)
        write_notebook(kernel / f"{self.slug}.ipynb", cells(sha256))
        extra = sources or KernelSources()
        slug = package.slug
        attached = KernelSources(
            datasets=(f"{self.owner}/{slug_of(title)}", *extra.datasets),
            competitions=(slug,) if slug else (),
            kernels=extra.kernels,
            models=extra.models,
        )
        write_kernel_metadata(kernel, self.owner, self.title, attached, gpu=True)
        self._put_in_place()
        size = sum(path.stat().st_size for path in (self.folder / DATASET_FOLDER).rglob("*"))
        remarks = _remarks(self.owner, package, competition)
        return BuiltKernel(self.folder, self.slug, size, package, remarks)

    def _put_in_place(self) -> None:
        """Rename the draft; an old kernel there is removed first, and never half of each stays.

        What was pushed from the old one stays: the dataset on Kaggle gets a new version then.
        """
        if (self.folder / UPLOADS).is_file():
            copy_file(self.folder / UPLOADS, self.aside / UPLOADS)
        old = self.folder.with_name(f".{self.folder.name}.old.tmp")
        shutil.rmtree(old, ignore_errors=True)
        if self.folder.exists():
            self.folder.rename(old)
        self.aside.rename(self.folder)
        sync_folder(self.folder.parent)
        shutil.rmtree(old, ignore_errors=True)


def headline_of(project: Project, run: str, scores: RunScores) -> Headline:
    """The run's score, and what to expect of it on the public test's number of rows."""
    own = scores.scores[scores.metric]
    expected = Expecting(project).of(run, scores).scores.get(scores.metric)
    low, high = (None, None) if expected is None else (expected.low, expected.high)
    return Headline(scores.metric, own.value, own.standard_error, low, high, scores.rows)


def slug_on_kaggle(competition: Competition) -> str:
    """The competition's slug on Kaggle; empty where it is not from there."""
    return competition.source.kaggle if competition.source else ""


def versions_here() -> dict[str, str]:
    """Versions of Python and the libraries that results depend on."""
    return {name: version(name) for name in LIBRARIES} | {"python": platform.python_version()}


def _remarks(owner: str, package: Package, competition: Competition) -> tuple[str, ...]:
    remarks = []
    if owner == NOBODY:
        remarks.append("no --owner was given: kernel push asks for your user name on Kaggle")
    if not package.slug:
        remarks.append(
            f"{competition.name} is no competition on Kaggle: attach a dataset with its files to "
            f"the notebook"
        )
    if package.weights == "fp16" and package.difference is None:
        remarks.append(
            "float16 weights change predictions; by how much was not measured, since the test file "
            "has no rows"
        )
    elif package.difference is not None:
        remarks.append(
            f"float16 weights change predictions by up to {package.difference:.2g} "
            f"(measured on test rows)"
        )
    return tuple(remarks)
