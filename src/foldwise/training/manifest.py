"""What a run was made from: resuming with anything else is refused, naming the difference."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import foldwise
from foldwise.errors import UsageError
from foldwise.settings import Settings
from foldwise.storage import read_record, sha256_of_strings, write_json
from foldwise.training.corpus import Corpus

FILE = "manifest.json"
NO_EFFECT = (  # settings that cannot change a result, nor can
    "training.checkpoint_seconds",
    "training.gradient_checkpointing",
    "hardware.jobs_per_gpu",
)
TRACKING = "tracking."  # those that begin so
LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "scikit-learn")
CODE = ("competition", "folds", "predictions", "tokenization", "modeling", "training")


@dataclass(frozen=True)
class Manifest:
    """What a run's results depend on.

    Attributes:
        settings: every setting by its dotted name, as asked for ("auto" is "auto").
        data: a hash of the training and test rows.
        folds: a hash of the fold table.
        encoder: a hash of the pretrained files; empty where there is none.
        code: a hash of the source files that compute results.
        versions: of Python and the libraries; another one is reported, not refused.
    """

    settings: dict[str, Any]
    data: str
    folds: str
    encoder: str
    code: str
    versions: dict[str, str]

    def identity(self) -> str:
        """A hash of everything but the versions."""
        parts = [f"{key}={value!r}" for key, value in sorted(self.settings.items())]
        return sha256_of_strings(*parts, self.data, self.folds, self.encoder, self.code)


def manifest_of(chosen: Settings, corpus: Corpus, encoder: str) -> Manifest:
    """The manifest of a run with these settings, rows and pretrained files."""
    flat = {key: value for key, value in chosen.flat().items() if has_effect(key)}
    versions = {name: version(name) for name in LIBRARIES} | {"python": platform.python_version()}
    return Manifest(flat, corpus.data_hash, corpus.folds_hash, encoder, code_hash(), versions)


def has_effect(key: str) -> bool:
    """Whether the setting with this dotted name can change what a run computes."""
    return key not in NO_EFFECT and not key.startswith(TRACKING)


def code_hash() -> str:
    """A hash of the package's source files that compute results, wherever it is installed."""
    package = Path(foldwise.__file__).parent
    files = sorted(path for part in CODE for path in (package / part).rglob("*.py"))
    parts = [f"{path.relative_to(package)}\n{path.read_text(encoding='utf-8')}" for path in files]
    return sha256_of_strings(*parts)


def read_manifest(run: Path) -> Manifest:
    """The manifest of the run in `run`.

    Raises:
        StorageError: it is damaged.
    """
    return read_record(run / FILE, Manifest)


def write_manifest(run: Path, manifest: Manifest) -> None:
    """Write the manifest of the run in `run`."""
    write_json(run / FILE, manifest.__dict__)


def check_same(run: Path, old: Manifest, new: Manifest) -> None:
    """Refuse to go on with a run that was made from something else.

    Raises:
        UsageError: lists each differing key with both values.
    """
    differences = [
        f"{key}: the run has {old.settings.get(key)!r}, now asked for {new.settings.get(key)!r}"
        for key in sorted(old.settings.keys() | new.settings.keys())
        if old.settings.get(key) != new.settings.get(key)
    ]
    differences += [
        f"{part}: changed since the run began"
        for part in ("data", "folds", "encoder", "code")
        if getattr(old, part) != getattr(new, part)
    ]
    _refuse(run, differences)


def check_settings_file(run: Path, recorded: Settings, manifest: Manifest) -> None:
    """Refuse a run whose `settings.toml` is not what it was begun with.

    The hardware's "auto" was resolved in that file, so it is not compared.

    Raises:
        UsageError: lists each differing key with both values.
    """
    begun, said = manifest.settings, recorded.flat()
    differences = [
        f"{key} in settings.toml: the run has {begun.get(key)!r}, the file says {said.get(key)!r}"
        for key in [
            *said,
            *sorted(begun.keys() - said.keys()),
        ]  # a stage may be gone, or there be more
        if has_effect(key) and not key.startswith("hardware.") and begun.get(key) != said.get(key)
    ]
    _refuse(run, differences)


def _refuse(run: Path, differences: list[str]) -> None:
    if differences:
        listing = "".join(f"\n  - {difference}" for difference in differences)
        raise UsageError(
            f"a run goes on only from what it was begun with, but of {run} there differ:{listing}\n"
            f"Give the new run another name (--name), use the old one as it is, or begin again "
            f"with --fresh (the old folder is kept aside)"
        )
