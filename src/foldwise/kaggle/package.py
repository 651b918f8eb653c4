"""The dataset that a kernel is attached to: what it says of itself, and whether it is whole."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from foldwise.storage import read_record, sha256_of_file, write_json

FILE = "foldwise-package.json"  # what a kernel searches its inputs for
METADATA = "dataset-metadata.json"  # read by the kaggle program, not kept on Kaggle
READERS = 4  # files hashed at a time; hashing leaves the interpreter's lock

Purpose = Literal["infer", "train"]


@dataclass(frozen=True)
class Headline:
    """What to say of a run first: its score on rows that its models did not see.

    Attributes:
        value, standard_error: of the out-of-fold score.
        low, high: what to expect on the leaderboard, nine times in ten; None where unknown.
        rows: training rows behind the score.
    """

    metric: str
    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    rows: int


@dataclass(frozen=True)
class Package:
    """What `foldwise-package.json` holds.

    Attributes:
        name: the kernel's slug; the notebook looks for the package of its name.
        purpose: what its kernel does.
        run: that predicts, or that is trained.
        competition: its name in the package's `input/`.
        slug: the competition's on Kaggle; empty where it is not from there.
        files: SHA-256 by path in the package, folders separated by slashes.
        versions: of Python and the libraries it was built with.
        prior: what to predict of a row nothing is known about, one number an output: the training
            rows' mean, or the shares of their labels.
        outputs: the columns of a prediction.
        headline: of a run that predicts.
        weights: the format of the encoders' weights, "fp32" or "fp16".
        difference: the largest between a prediction with these weights and with the run's own,
            over some test rows; None where they are the run's own.
        seeds: of a training with several.
        encoder: of a training: the folder in the package; empty where it is not packed.
        encoder_source: of a training: where on Kaggle the encoder is that must be attached.
    """

    name: str
    purpose: Purpose
    run: str
    competition: str
    slug: str
    files: dict[str, str]
    versions: dict[str, str]
    prior: list[float] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    headline: Headline | None = None
    weights: str = "fp32"
    difference: float | None = None
    seeds: list[int] = field(default_factory=list)
    encoder: str = ""
    encoder_source: str = ""


def write_package(folder: Path, package: Package) -> None:
    """Write the manifest of the package in `folder`."""
    write_json(folder / FILE, asdict(package))


def read_package(folder: Path) -> Package:
    """The manifest of the package in `folder`.

    Raises:
        StorageError: it is damaged.
    """
    return read_record(folder / FILE, _package)


def _package(*, headline: dict[str, Any] | None = None, **rest: Any) -> Package:
    return Package(headline=None if headline is None else Headline(**headline), **rest)


def hashes_in(folder: Path) -> dict[str, str]:
    """SHA-256 by path of every file in `folder` that goes to Kaggle, but for the manifest."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    wanted = [path for path in paths if path.name not in {FILE, METADATA}]
    with ThreadPoolExecutor(READERS) as pool:
        hashes = pool.map(sha256_of_file, wanted)
    names = [path.relative_to(folder).as_posix() for path in wanted]
    return dict(zip(names, hashes, strict=True))


def faults_in(folder: Path, package: Package) -> list[str]:
    """What is wrong with the files in `folder`: those that are missing, or not as they were."""

    def fault_of(name: str) -> str | None:
        path = folder / name
        if not path.is_file():
            return f"{path} is missing"
        found = sha256_of_file(path)
        expected = package.files[name]
        if found != expected:
            size = path.stat().st_size
            return (
                f"{path} is damaged: SHA-256 {found[:12]}... of {size:,} bytes, "
                f"where {FILE} says {expected[:12]}..."
            )
        return None

    with ThreadPoolExecutor(READERS) as pool:
        found: Iterator[str | None] = pool.map(fault_of, sorted(package.files))
    return [fault for fault in found if fault is not None]
