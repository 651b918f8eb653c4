"""A range test of an experiment's learning rates, on the training rows of one fold."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foldwise.encoders import EncoderFiles, resolve_encoder
from foldwise.errors import Complaints, UsageError
from foldwise.locks import only_driver_of
from foldwise.paths import Project, cache_folder
from foldwise.pipeline.range_names import range_folder
from foldwise.settings import Rates, Settings
from foldwise.tokenization.tokenizer import load_tokenizer
from foldwise.tokenization.tokens import Tokens, tokenize
from foldwise.training.corpus import Corpus, load_corpus
from foldwise.training.encoder_fold import made_model, out_of_memory_explained
from foldwise.training.fitness import check_fit
from foldwise.training.fold import FoldJob
from foldwise.training.fold_state import FoldState
from foldwise.training.freezing import Place, Texts, frozen_states
from foldwise.training.hardware import prepare_process, resolved_hardware
from foldwise.training.learning import FoldModel, new_learner
from foldwise.training.loop import Learner
from foldwise.training.losses import labels_of
from foldwise.training.progress import Progress, Report, ignore
from foldwise.training.range_test import RangeTest, Sweep, range_test
from foldwise.training.rate_suggestions import (
    HIGHEST_RATE,
    Name,
    overrides_of,
    scaled_rates,
    suggested_rates,
    too_high,
)
from foldwise.training.rates import layer_rates
from foldwise.training.seeds import seed_for
from foldwise.training.stages import StagePlan, learn_only
from foldwise.training.step_batches import step_batches


@dataclass(frozen=True)
class FindRequest:
    """What to test.

    Attributes:
        experiment: names the folder that the result is written to.
        stage: its number, from 0; the model comes as it is before the first.
    """

    experiment: str
    settings: Settings
    fold: int = 0
    stage: int = 0
    sweep: Sweep = field(default_factory=Sweep)


@dataclass(frozen=True)
class Suggestion:
    """Peak rates to train at.

    Attributes:
        rate: of the reference group.
        rates: of each layer group that learns, bottom up.
        overrides: `key=value` for the command line.
    """

    name: Name
    rate: float
    rates: dict[str, float]
    overrides: tuple[str, ...]


@dataclass(frozen=True)
class RateFinding:
    """A range test, and what it suggests.

    Attributes:
        peaks: the experiment's own rates, of each layer group that learns in the stage.
        notes: what to know before believing it.
    """

    experiment: str
    competition: str
    fold: int
    stage: int
    seed: int
    peaks: dict[str, float]
    test: RangeTest
    suggestions: tuple[Suggestion, ...]
    notes: tuple[str, ...]


def find_rates(project: Project, request: FindRequest, report: Report = ignore) -> RateFinding:
    """The range test of an experiment; only its own folder in `runs/` is written to.

    Raises:
        UsageError: the experiment has no encoder, no such fold or stage, settings that do not fit,
            or another process tests it.
        DataError: data or folds are missing or wrong.
        FoldFailed: the first loss is not finite, or the GPU's memory is full.
    """
    _check_kind_and_stage(request)
    corpus = load_corpus(project, request.settings)
    encoder = resolve_encoder(request.settings.encoder.name)
    check_fit(request.settings, corpus, encoder)
    corpus.checked_folds([request.fold])
    job = _job(project, request, corpus, encoder)
    with (
        only_driver_of(job.folder),
        out_of_memory_explained(),
    ):
        return _Finder(job, request).run(report)


def _check_kind_and_stage(request: FindRequest) -> None:
    chosen, complaints = request.settings, Complaints()
    if chosen.kind != "encoder":
        complaints.add(
            f"only an encoder has learning rates to find, got an experiment of "
            f"kind={chosen.kind!r}, which is fitted without any; choose another experiment"
        )
    elif not 0 <= request.stage < (count := len(chosen.all_stages())):
        complaints.add(
            f"the experiment's stages are numbered 0 to {count - 1}; got --stage {request.stage}; "
            f"choose one"
        )
    complaints.raise_if_any(UsageError)


def _job(project: Project, request: FindRequest, corpus: Corpus, encoder: EncoderFiles) -> FoldJob:
    hardware = resolved_hardware(request.settings.hardware, folds=1)
    return FoldJob(
        folder=range_folder(project, request.experiment),
        fold=request.fold,
        settings=request.settings.model_copy(update={"hardware": hardware}),
        corpus=corpus,
        identity="",  # of a run, which this is not
        encoder=encoder,
        token_cache=cache_folder("tokens"),
    )


class _Finder:
    """One range test: the model, its texts, and the steps."""

    def __init__(self, job: FoldJob, request: FindRequest) -> None:
        if job.encoder is None:
            raise ValueError("a range test needs the encoder's files")
        prepare_process(job.settings.hardware)
        tokenizer = load_tokenizer(job.encoder, job.settings.encoder.max_length)
        self._job, self._request = job, request
        self._tokens: Tokens = tokenize(tokenizer, job.corpus.loaded.train.texts, job.token_cache)
        self._rows: NDArray[np.int64] = job.corpus.training_positions(job.fold)
        self._made: FoldModel = made_model(job, tokenizer.cls_position, self._tokens, attempt=0)
        self._plan: StagePlan = self._made.plans[request.stage]

    def run(self, report: Report) -> RateFinding:
        job, plan, chosen = self._job, self._plan, self._job.settings
        learn_only(self._made.model, plan.learns)
        freezing = self._reporting("freeze", len(self._tokens), report)
        texts = Texts(self._tokens, chosen.training.micro_batch_tokens, freezing)
        place = Place(job.folder, job.shared, job.identity)
        caching = frozen_states(
            place, self._made.model, texts, chosen.hardware, pretrained=False
        )  # in the test's own folder, from which they are gone afterwards
        with caching if chosen.training.cache_frozen else nullcontext() as frozen:
            state = FoldState(step=plan.after)
            test = self._tested(new_learner(chosen, self._made, plan, state, frozen), report)
        report(Progress(job.fold, "done", 1, 1))
        return self._finding(test)

    def _tested(self, learner: Learner, report: Report) -> RangeTest:
        chosen, sweep = self._job.settings, self._request.sweep
        loaded = self._job.corpus.loaded
        device = next(learner.model.parameters()).device
        targets = self._job.corpus.targets()
        labels = labels_of(targets, loaded.train.target_sd, chosen.loss, self._rows).to(device)
        done = self._plan.after
        return range_test(
            learner,
            step_batches(
                self._tokens,
                self._rows,
                chosen.training,
                device,
                micro_batch_tokens=chosen.training.micro_batch_tokens,
                done=done,
                seed_of=lambda epoch: self._seed("batches", epoch),
            ),
            labels,
            sweep=sweep,
            first=done + 1,
            seed_of=lambda number: self._seed("dropout", number),
            after_start=self._reporting("level", sweep.steps, report),
            after_step=self._reporting("rates", sweep.steps, report),
        )

    def _seed(self, purpose: str, number: int) -> int:
        """The seed that the first attempt of a training has."""
        return seed_for(purpose, self._job.settings.seed, self._job.fold, number, 0)

    def _reporting(self, phase: str, total: int, report: Report) -> Callable[[int], None]:
        return lambda done: report(Progress(self._job.fold, phase, done, total))

    def _finding(self, test: RangeTest) -> RateFinding:
        request, chosen = self._request, self._job.settings
        found = suggested_rates(test, request.sweep.steps)
        notes = list(found.notes)
        suggestions = []
        for name, rate in found.by_name().items():
            scaled = scaled_rates(self._plan.rates, rate / test.peak)
            if too_high(scaled):
                notes.append(
                    f"{name}: {test.reference} at {rate:g} takes another rate above "
                    f"{HIGHEST_RATE:g}, which the settings refuse: lower --highest"
                )
                continue
            overrides = overrides_of(chosen, request.stage, scaled)
            suggestions.append(Suggestion(name, rate, self._of_groups(scaled), overrides))
        if request.stage:
            notes.append("the model was tested as it is before the first stage, not after it")
        return RateFinding(
            experiment=request.experiment,
            competition=chosen.competition,
            fold=request.fold,
            stage=request.stage,
            seed=chosen.seed,
            peaks=self._of_groups(self._plan.rates),
            test=test,
            suggestions=tuple(suggestions),
            notes=tuple(notes),
        )

    def _of_groups(self, rates: Rates) -> dict[str, float]:
        """The peak rates of the layer groups that learn in the stage."""
        names = [group.name for group in self._made.model.layer_groups()]
        peaks = layer_rates(names, rates)
        return {name: peaks[name] for name in self._plan.learns}
