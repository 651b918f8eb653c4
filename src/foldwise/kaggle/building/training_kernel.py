"""The kernel that trains: settings, folds and encoder packed, its own output attached."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foldwise.competition.competition import Competition, load_competition
from foldwise.encoders import PACKAGED, TOKENIZER_FILES, EncoderFiles, resolve_encoder
from foldwise.ensembling.command import joined
from foldwise.ensembling.record import is_ensemble, members_below, read_ensemble
from foldwise.errors import UsageError, listed
from foldwise.kaggle.building.kernel import (
    BuiltKernel,
    Draft,
    KernelRequest,
    Say,
    drafted,
    slug_on_kaggle,
    versions_here,
)
from foldwise.kaggle.building.notebook import Cell
from foldwise.kaggle.building.packing import copy_file, pack_competition
from foldwise.kaggle.building.training_notebook import training_cells
from foldwise.kaggle.metadata import KernelSources
from foldwise.kaggle.names import slug_of
from foldwise.kaggle.package import Package
from foldwise.paths import Project
from foldwise.settings import Hardware, Settings, dump_toml, load_experiment
from foldwise.storage import write_text
from foldwise.training.corpus import load_corpus
from foldwise.training.manifest import FILE as MANIFEST
from foldwise.training.manifest import read_manifest

ENCODERS = "encoders"
MODEL = re.compile(r"models/[^/]+/[^/]+/[^/]+/[^/]+/\d+")  # owner/model/framework/variation/version
DATASET = re.compile(r"datasets/[^/]+/[^/]+")  # owner/slug


@dataclass(frozen=True)
class Training:
    """What is trained, besides what every kernel asks for.

    Attributes:
        settings: with the hardware as asked for, which each session decides anew.
        seeds: one run each, and their average; empty: the settings' own alone.
        encoder_source: where on Kaggle the encoder is, if it is not packed.
    """

    settings: Settings
    seeds: tuple[int, ...] = ()
    encoder_source: str = ""


def build_training(
    project: Project, request: KernelRequest, training: Training, say: Say
) -> BuiltKernel:
    """The kernel that trains `request.run` in as many sessions as it takes.

    Raises:
        UsageError: the encoder is from the hub and its place on Kaggle was not given; `folder`
            holds something else, or the owner is no user name.
        DataError: data or folds are missing or wrong.
        StorageError: the disk is full.
    """
    if request.half:
        raise UsageError("--fp16 is about the weights of a finished run; leave it out with --train")
    corpus = load_corpus(project, training.settings)
    encoder = _encoder_to_pack(training)
    competition = load_competition(project.competition(training.settings.competition))
    with drafted(project, request, "train") as draft:
        say(f"packing the training of {request.run} into {draft.folder}")
        pack_competition(project, competition.name, draft.dataset)
        experiment = draft.dataset / "experiments" / f"{request.run}.toml"
        write_text(experiment, dump_toml(training.settings))
        packed = "" if encoder is None else _pack_encoder(encoder, draft.dataset)
        package = _package(draft, request.run, training, competition, packed)
        title, seeds = competition.title, len(training.seeds)

        def cells(sha256: str) -> list[Cell]:
            names, limit = (draft.slug, request.run, title), request.max_seconds
            return training_cells(*names, corpus.n_folds, seeds, sha256, limit)

        sources = _sources(draft, training.encoder_source)
        return draft.finished(package, cells, competition, sources)


def settings_to_train(project: Project, name: str) -> Settings:
    """The settings of the run `name` as it was asked for, or else of the experiment.

    Raises:
        UsageError: there is neither; of an ensemble, names the runs below it that can be trained.
    """
    folder = project.run(name)
    if not (folder / MANIFEST).is_file():
        try:
            path = project.experiment(name)
        except UsageError:
            if is_ensemble(folder):
                raise _not_trained(project, name) from None
            raise
        return load_experiment(path)
    asked = read_manifest(folder).settings
    fields = {key.removeprefix("hardware."): v for key, v in asked.items() if "hardware." in key}
    settings = load_experiment(folder / "settings.toml")
    return settings.model_copy(update={"hardware": Hardware(**fields)})


def _not_trained(project: Project, name: str) -> UsageError:
    """The refusal of an ensemble, whose members are trained one by one, or as several seeds."""
    below = list(dict.fromkeys(members_below(project, name)))
    trained = [run for run in below if (project.run(run) / MANIFEST).is_file()]
    ways = [f"foldwise kernel build {run} --train" for run in trained]
    if seeds := read_ensemble(project.run(name)).seeds:
        ways = [f"foldwise kernel build EXPERIMENT --train --seeds {joined(seeds)}", *ways]
    advice = f"run: {listed(ways)}" if ways else "none of its members is here; train them again"
    return UsageError(
        f"an ensemble is blended, not trained, and {name!r} blends {listed(below)}; {advice}"
    )


def _package(
    draft: Draft, run: str, training: Training, competition: Competition, encoder: str
) -> Package:
    return Package(
        name=draft.slug,
        purpose="train",
        run=run,
        competition=competition.name,
        slug=slug_on_kaggle(competition),
        files={},
        versions=versions_here(),
        seeds=list(training.seeds),
        encoder=encoder,
        encoder_source=training.encoder_source,
    )


def _encoder_to_pack(training: Training) -> EncoderFiles | None:
    """The encoder's files, if they go into the package; None if they are attached otherwise.

    Raises:
        UsageError: it is the hub's, so that it must be attached, and nobody said from where.
    """
    name, source = training.settings.encoder.name, training.encoder_source
    if training.settings.kind != "encoder":
        return None
    if source:
        if not (MODEL.fullmatch(source) or DATASET.fullmatch(source)):
            raise UsageError(
                f"--encoder-source is datasets/OWNER/SLUG, or models/OWNER/MODEL/FRAMEWORK/"
                f"VARIATION/VERSION, as in the address of its page on Kaggle; got {source!r}"
            )
        return None
    if name in PACKAGED or (Path(name).expanduser() / "config.json").is_file():
        return resolve_encoder(name, allow_download=False)
    raise UsageError(
        f"the encoder {name!r} is the hub's, which a kernel without a network cannot reach; say "
        f"where it is on Kaggle, such as --encoder-source datasets/OWNER/{slug_of(name)}, or save "
        f"it into a folder and give that as encoder.name: it is packed then"
    )


def _pack_encoder(encoder: EncoderFiles, folder: Path) -> str:
    """The folder in the package that now holds what the encoder computes with."""
    to = Path(ENCODERS) / slug_of(Path(encoder.name).name)
    names = ("config.json", *TOKENIZER_FILES)
    present = [path for name in names if (path := encoder.folder / name).is_file()]
    for path in [*present, *encoder.weights()]:
        copy_file(path, folder / to / path.name)
    return to.as_posix()


def _sources(draft: Draft, encoder: str) -> KernelSources:
    """The kernel's own output, to go on from, and the encoder where it is not packed."""
    own: Sequence[str] = (f"{draft.owner}/{draft.slug}",)
    kind, _, source = encoder.partition("/")
    return KernelSources(
        kernels=tuple(own),
        datasets=(source,) if kind == "datasets" else (),
        models=(source,) if kind == "models" else (),
    )
