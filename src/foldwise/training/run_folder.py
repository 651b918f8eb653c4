"""A run's folder: begun once, gone on with only from the same settings, data, folds and code."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from foldwise.encoders import EncoderFiles, fingerprint, resolve_encoder
from foldwise.errors import UsageError, listed
from foldwise.journal import Journal
from foldwise.paths import Project, cache_folder
from foldwise.settings import Settings, dump_toml, load_experiment
from foldwise.storage import write_text
from foldwise.training.corpus import Corpus, load_corpus
from foldwise.training.fold import FoldJob
from foldwise.training.hardware import resolved_hardware
from foldwise.training.manifest import (
    FILE,
    check_same,
    manifest_of,
    read_manifest,
    write_manifest,
)

Mode = Literal["auto", "resume", "fresh"]
BEGINNING = {"settings.toml", "encoder"}  # written before the manifest
ENCODER_SUFFIXES = (".json", ".txt", ".model")  # of config and tokenizer files; not the weights


@dataclass(frozen=True, eq=False)
class OpenRun:
    """A run ready to be worked on."""

    folder: Path
    settings: Settings
    corpus: Corpus
    encoder: EncoderFiles | None
    identity: str

    @property
    def journal(self) -> Journal:
        """The run's own journal; each fold has another."""
        return Journal(self.folder / "journal.jsonl")

    def job(self, fold: int) -> FoldJob:
        """The job of one fold."""
        return FoldJob(
            folder=self.folder / f"fold-{fold}",
            fold=fold,
            settings=self.settings,
            corpus=self.corpus,
            identity=self.identity,
            encoder=self.encoder,
            token_cache=cache_folder("tokens"),
        )


def open_run(project: Project, name: str, wanted: Settings, mode: Mode = "auto") -> OpenRun:
    """The run `name`, begun if it is new. The caller holds the folder's lock.

    Raises:
        UsageError: it was made from something else, or is no trained run; or `resume`, and there
            is nothing to resume.
        DataError: data or folds are missing or wrong.
    """
    folder = project.run(name)
    corpus = load_corpus(project, wanted)
    encoder = resolve_encoder(wanted.encoder.name) if wanted.kind == "encoder" else None
    manifest = manifest_of(wanted, corpus, fingerprint(encoder) if encoder else "")
    journal = Journal(folder / "journal.jsonl")
    if (folder / FILE).is_file():
        old = read_manifest(folder)
        check_same(folder, old, manifest)
        if old.versions != manifest.versions:
            journal.write("other versions", before=old.versions, now=manifest.versions)
        settings = load_experiment(folder / "settings.toml")
        return OpenRun(folder, settings, corpus, encoder, manifest.identity())
    if mode == "resume":
        raise UsageError(
            f"nothing to resume: {folder} holds no run; leave out --resume to begin it"
        )
    _check_empty(folder)
    settings = wanted
    if wanted.kind == "encoder":
        settings = wanted.model_copy(
            update={"hardware": resolved_hardware(wanted.hardware, corpus.n_folds)}
        )
    write_text(folder / "settings.toml", dump_toml(settings))
    if encoder is not None:
        keep_encoder_files(encoder, folder / "encoder")
    write_manifest(folder, manifest)  # last: a run with a manifest is complete so far
    journal.write("begun", identity=manifest.identity(), hardware=settings.hardware.model_dump())
    return OpenRun(folder, settings, corpus, encoder, manifest.identity())


def _check_empty(folder: Path) -> None:
    """Refuse to begin a run among the files of another, such as an ensemble's.

    Raises:
        UsageError: the folder holds more than a beginning that was killed leaves.
    """
    others = sorted({path.name for path in folder.glob("[!.]*")} - BEGINNING)
    if others:
        raise UsageError(
            f"{folder} has no {FILE}, yet it holds {listed(others)}, so it is no run that training "
            f"can go on with; give the run another name (--name), or begin with --fresh (the old "
            f"folder is kept aside)"
        )


def reopened_run(project: Project, name: str) -> OpenRun:
    """A run that its driver has opened, for a worker: settings, rows and encoder as recorded."""
    folder = project.run(name)
    settings = load_experiment(folder / "settings.toml")
    encoder = resolve_encoder(settings.encoder.name) if settings.kind == "encoder" else None
    corpus = load_corpus(project, settings)
    return OpenRun(folder, settings, corpus, encoder, read_manifest(folder).identity())


def keep_encoder_files(encoder: EncoderFiles, folder: Path) -> None:
    """Copy config and tokenizer, so that the run predicts without the encoder's own folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(encoder.folder.iterdir()):
        if path.is_file() and path.suffix in ENCODER_SUFFIXES:
            shutil.copyfile(path, folder / path.name)


def set_aside(folder: Path) -> Path | None:
    """Where the old run now lies, out of the way of a fresh one; None if there was none."""
    if not any(folder.glob("[!.]*")):
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = folder.with_name(f".{folder.name}.{stamp}")
    aside.mkdir()
    # the lock stays, since it is held; what says which run this is goes last, so that a kill in
    # between leaves no fold that could pass for one of a new run
    for path in sorted(folder.glob("[!.]*"), key=lambda path: path.name == FILE):
        path.rename(aside / path.name)
    return aside
