"""What an ablation is to train: all variants checked, all runs named, before anything begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from foldwise.comparing.variants import parsed_variants
from foldwise.errors import Complaints, UsageError
from foldwise.paths import Project, checked_name
from foldwise.pipeline.ablation_names import MARK, run_name
from foldwise.settings import Settings, checked_settings, experiment_table, small_form
from foldwise.training.corpus import Corpus, load_corpus
from foldwise.training.engine import Engine
from foldwise.training.fitness import encoder_here, unfit
from foldwise.training.local_engine import LocalEngine
from foldwise.training.run import RunRequest

SHARED = {  # keys that no variant may change, and why
    "competition": "variants are compared on the same rows",
    "training.rows": "variants are compared on the same rows",
    "training.folds": "variants are compared on the same folds",
    "seed": "each variant is trained with the base's seeds; give them with --seeds",
}


@dataclass(frozen=True)
class AblationRequest:
    """What `foldwise ablate` was asked for.

    Attributes:
        experiment: a TOML file, or its name.
        words: variants, as `comparing.variants` reads them.
        overrides: `key=value` of the base, and so of all variants.
        name: of the result's folder, before ".ablation"; None: the experiment's.
        seeds: each variant is trained with each; None: the experiment's own.
        folds: only these; None for all.
        fast: the small form of base and variants.
        fresh: set old runs aside and begin again.
        workers: processes that train a fold each at a time; None: as many as the hardware feeds.
        engine: where the workers run.
        max_seconds: begin no fold that is not expected to end within; None for no limit.
    """

    experiment: str
    words: tuple[str, ...]
    overrides: tuple[str, ...] = ()
    name: str | None = None
    seeds: tuple[int, ...] | None = None
    folds: tuple[int, ...] | None = None
    fast: bool = False
    fresh: bool = False
    workers: int | None = None
    engine: Engine = field(default_factory=LocalEngine)
    max_seconds: float | None = None


class Planned(NamedTuple):
    """One variant, or the base, and its runs by seed."""

    name: str
    settings: dict[str, Any]  # in which it differs from the base, by dotted name
    runs: dict[int, RunRequest]


@dataclass(frozen=True, eq=False)
class Plan:
    """All that an ablation trains.

    Attributes:
        folder: of the result.
        experiment: the base's name.
        overrides: `key=value` in which the base is not as in its file.
        corpus: the rows and folds that all runs share.
        folds: those that are trained and compared.
    """

    folder: Path
    experiment: str
    overrides: tuple[str, ...]
    corpus: Corpus
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    base: Planned
    variants: list[Planned]

    def requests(self) -> list[RunRequest]:
        """Every run, the base's first."""
        return [run for planned in (self.base, *self.variants) for run in planned.runs.values()]


def planned(project: Project, request: AblationRequest) -> Plan:
    """The plan of an ablation; nothing is trained or written.

    Raises:
        UsageError: what is wrong with the experiment, or with any of the variants, all at once.
        DataError: data or folds are missing or wrong.
    """
    path = project.experiment(request.experiment)
    form = "-fast" if request.fast else ""
    experiment = f"{path.stem}{form}"
    folder = project.run(checked_name("result", f"{request.name or experiment}{MARK}"))
    base = _settings(path, request.overrides, str(path), fast=request.fast)
    corpus = load_corpus(project, base)
    chosen = _all_settings(path, request, base, corpus)
    seeds = request.seeds or (base.seed,)

    def of(name: str, settings: Settings) -> Planned:
        changed = differences(base, settings)
        runs = {seed: _request(experiment, settings, seed, changed, request) for seed in seeds}
        return Planned(name, changed, runs)

    return Plan(
        folder=folder,
        experiment=experiment,
        overrides=request.overrides,
        corpus=corpus,
        folds=corpus.checked_folds(request.folds),
        seeds=seeds,
        base=of("the base", base),
        variants=[of(name, settings) for name, settings in chosen.items()],
    )


def _settings(path: Path, overrides: Sequence[str], where: str, *, fast: bool) -> Settings:
    chosen = checked_settings(experiment_table(path, overrides), where)
    return small_form(chosen) if fast else chosen


def _all_settings(
    path: Path, request: AblationRequest, base: Settings, corpus: Corpus
) -> dict[str, Settings]:
    """Each variant's settings by its name.

    Raises:
        UsageError: whatever is wrong with any of them, all at once.
    """
    complaints = Complaints()
    chosen: dict[str, Settings] = {}
    for variant in parsed_variants(request.words):
        overrides = (*request.overrides, *variant.overrides)
        try:
            settings = _settings(path, overrides, variant.name, fast=request.fast)
        except UsageError as error:
            complaints.extend(error.complaints)
            continue
        found = _objections(settings, base, chosen, fast=request.fast) + _unfit(settings, corpus)
        complaints.extend(f"{variant.name}: {objection}" for objection in found)
        chosen[variant.name] = settings
    complaints.raise_if_any(UsageError)
    return chosen


def _objections(
    settings: Settings,
    base: Settings,
    others: Mapping[str, Settings],
    *,
    fast: bool,
) -> list[str]:
    """Why a variant cannot be compared with the base, or is another one already."""
    changed = differences(base, settings)
    if forbidden := [f"{key} stays: {SHARED[key]}" for key in changed if key in SHARED]:
        return forbidden
    if not changed:
        why = " (in the small form of --fast, that is)" if fast else ""
        return [f"that is the base itself{why}, so there is nothing to compare; leave it out"]
    return [
        f"the same settings as {name}; leave one of them out"
        for name, other in others.items()
        if other == settings
    ]


def _unfit(settings: Settings, corpus: Corpus) -> list[str]:
    return unfit(settings, corpus, encoder_here(settings))


def differences(base: Settings, settings: Settings) -> dict[str, Any]:
    """The settings, by dotted name, in which a variant differs; None where it lacks one."""
    before, after = base.flat(), settings.flat()
    names = dict.fromkeys([*before, *after])
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


def _request(
    experiment: str,
    settings: Settings,
    seed: int,
    changed: Mapping[str, Any],
    request: AblationRequest,
) -> RunRequest:
    seeded = settings.model_copy(update={"seed": seed})
    return RunRequest(
        name=run_name(experiment, seeded, changed),
        settings=seeded,
        folds=request.folds,
        mode="fresh" if request.fresh else "auto",
        workers=request.workers,
        engine=request.engine,
    )
