"""A run's folder: begun once, gone on with only from the same settings, data, folds and code."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from foldwise.encoders import EncoderFiles, fingerprint, resolve_encoder
from foldwise.errors import UsageError, listed
from foldwise.journal import FILE as JOURNAL
from foldwise.journal import Journal
from foldwise.paths import Project, cache_folder
from foldwise.settings import Hardware, Settings, dump_toml, load_experiment
from foldwise.storage import set_aside, write_bytes, write_text
from foldwise.training.corpus import Corpus, load_corpus
from foldwise.training.engine import Engine
from foldwise.training.fitness import check_fit
from foldwise.training.fold import SHARED, FoldJob
from foldwise.training.fold_result import RESULT
from foldwise.training.local_engine import LocalEngine
from foldwise.training.manifest import (
    FILE,
    Manifest,
    check_same,
    check_settings_file,
    manifest_of,
    read_manifest,
    write_manifest,
)
from foldwise.training.watching import Watch

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
        return Journal(self.folder / JOURNAL)

    def job(self, fold: int, watch: Watch | None = None) -> FoldJob:
        """The job of one fold, whose evaluations `watch` is shown."""
        return FoldJob(
            folder=self.folder / f"fold-{fold}",
            fold=fold,
            settings=self.settings,
            corpus=self.corpus,
            identity=self.identity,
            encoder=self.encoder,
            token_cache=cache_folder("tokens"),
            watch=watch,
        )


def open_run(
    project: Project,
    name: str,
    wanted: Settings,
    mode: Mode = "auto",
    folds: Sequence[int] | None = None,
    engine: Engine | None = None,
) -> OpenRun:
    """The run `name`, begun if it is new. The caller holds the folder's lock.

    Everything that can be refused is refused before anything is written, or an old run is set aside
    for a fresh one.

    Args:
        project: where.
        name: of the run.
        wanted: its settings.
        mode: see `RunRequest`.
        folds: that are to be trained; None: all.
        engine: whose hardware the run is for; None: this machine's.

    Raises:
        UsageError: it was made from something else, or is no trained run; `resume`, and there is
            nothing to resume; there are no such folds; or its GPU is gone.
        DataError: data or folds are missing or wrong.
    """
    folder = project.run(name)
    engine = engine or LocalEngine()
    corpus = load_corpus(project, wanted)
    corpus.checked_folds(folds)
    encoder = resolve_encoder(wanted.encoder.name) if wanted.kind == "encoder" else None
    manifest = manifest_of(wanted, corpus, fingerprint(encoder) if encoder else "")
    begun = (folder / FILE).is_file() and mode != "fresh"
    replaced = begun and mode == "auto" and _is_another_without_work(folder, manifest)
    begun = begun and not replaced
    if not begun:  # one that was begun has been checked
        check_fit(wanted, corpus, encoder)
    if begun:
        hardware = _recorded_hardware(folder, manifest, engine).model_copy(
            update={"jobs_per_gpu": wanted.hardware.jobs_per_gpu}
        )
    elif mode == "resume":
        raise UsageError(
            f"nothing to resume: {folder} holds no run; leave out --resume to begin it"
        )
    elif wanted.kind == "encoder":
        hardware = engine.resolved(wanted.hardware, corpus.n_folds)
    else:
        hardware = wanted.hardware
    settings = wanted.model_copy(update={"hardware": hardware})
    run = OpenRun(folder, settings, corpus, encoder, manifest.identity())
    if not begun:
        _begin(run, manifest, set_run_aside(folder) if replaced or mode == "fresh" else None)
    for left in [*folder.glob(".*.tmp"), *folder.glob("encoder/.*.tmp")]:
        left.unlink()  # half-written by a process that was killed
    return run


def _is_another_without_work(folder: Path, manifest: Manifest) -> bool:
    """Whether a run was begun with something else, and stopped before a step was worth keeping.

    As one is whose settings turned out not to fit the encoder: it need not be gone on with.
    """
    worked = [*folder.glob("fold-*/ckpt-*"), *folder.glob(f"fold-*/{RESULT}")]
    return not worked and read_manifest(folder).identity() != manifest.identity()


def _begin(run: OpenRun, manifest: Manifest, aside: Path | None) -> None:
    _check_empty(run.folder)
    write_text(run.folder / "settings.toml", dump_toml(run.settings))
    if run.encoder is not None:
        keep_encoder_files(run.encoder, run.folder / "encoder")
    write_manifest(run.folder, manifest)  # last: a run with a manifest is complete so far
    hardware = run.settings.hardware.model_dump()
    old = None if aside is None else aside.name
    run.journal.write("begun", identity=run.identity, hardware=hardware, set_aside=old)


def _recorded_hardware(folder: Path, manifest: Manifest, engine: Engine) -> Hardware:
    """The hardware a begun run resolved to, after checking that it is this run.

    Raises:
        UsageError: the run was made from something else, its settings were edited, or its GPU is
            gone.
    """
    old = read_manifest(folder)
    check_same(folder, old, manifest)
    if old.versions != manifest.versions:
        journal = Journal(folder / JOURNAL)
        journal.write("other versions", before=old.versions, now=manifest.versions)
    recorded = load_experiment(folder / "settings.toml")
    check_settings_file(folder, recorded, old)
    if recorded.hardware.device == "cuda" and (fault := engine.gpu_fault()):
        raise UsageError(f"{folder} was begun on a GPU, and here is none to use: {fault}")
    return recorded.hardware


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
    """A run that its driver has opened, for a worker: as recorded, and checked against that.

    Raises:
        UsageError: data, folds, encoder, code or settings have changed since the run began.
    """
    folder = project.run(name)
    old = read_manifest(folder)
    settings = load_experiment(folder / "settings.toml")
    check_settings_file(folder, settings, old)
    corpus = load_corpus(project, settings)
    encoder = resolve_encoder(settings.encoder.name) if settings.kind == "encoder" else None
    now = manifest_of(settings, corpus, fingerprint(encoder) if encoder else "")
    check_same(folder, old, replace(now, settings=old.settings))
    return OpenRun(folder, settings, corpus, encoder, old.identity())


def keep_encoder_files(encoder: EncoderFiles, folder: Path) -> None:
    """Copy config and tokenizer, so that the run predicts without the encoder's own folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(encoder.folder.iterdir()):
        if path.is_file() and path.suffix in ENCODER_SUFFIXES:
            write_bytes(folder / path.name, path.read_bytes())


def set_run_aside(folder: Path) -> Path | None:
    """Where the old run now lies, out of the way of a fresh one; None if there was none."""
    shutil.rmtree(folder / SHARED, ignore_errors=True)
    return set_aside(folder, last=FILE)
