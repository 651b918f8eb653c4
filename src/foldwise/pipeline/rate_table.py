"""What an experiment's layer groups will learn at, stage by stage, before anything is trained."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from foldwise.competition.competition import Competition, load_competition
from foldwise.competition.files import require_files
from foldwise.competition.loading import load_labels
from foldwise.encoders import resolve_encoder
from foldwise.errors import Complaints, DataError, UsageError
from foldwise.paths import Project
from foldwise.settings import Settings, Stage
from foldwise.settings.combinations import unfit_for, unfit_for_layers
from foldwise.training.corpus import load_corpus
from foldwise.training.rates import layer_rates, layers_of, trained_groups
from foldwise.training.schedules import schedule_factor, warmup_length
from foldwise.training.stages import epoch_steps, stage_lengths

if TYPE_CHECKING:
    from foldwise.modeling.layer_groups import LayerGroup

LEAST_CLASSES = 2


@dataclass(frozen=True)
class GroupRates:
    """One layer group.

    Attributes:
        parameters: how many numbers it has; those that no output depends on are not counted.
        peaks: its highest rate in each stage; None: it is frozen there.
        firsts: its rate at each stage's first step; None: frozen, or not known without the data.
        weight_decay: of its matrices towards 0; 0 where it has none.
    """

    name: str
    parameters: int
    peaks: tuple[float | None, ...]
    firsts: tuple[float | None, ...]
    weight_decay: float

    @property
    def trainable(self) -> bool:
        """Whether it learns in any stage."""
        return any(peak is not None for peak in self.peaks)


@dataclass(frozen=True)
class StageSteps:
    """One stage, and how long it takes.

    Attributes:
        steps: of each fold; empty where data or folds are not here.
        warmup: steps of it in each fold; empty where they are not known.
    """

    stage: Stage
    steps: tuple[int, ...]
    warmup: tuple[int, ...]


@dataclass(frozen=True)
class RateTable:
    """The layer groups from the bottom up, the stages in their order.

    Attributes:
        missing: why steps are not known, and what to run; empty where they are.
        assumed_classes: how many the head was built for, where the labels are not here; else 0.
    """

    groups: list[GroupRates]
    stages: list[StageSteps]
    missing: str
    assumed_classes: int


def rate_table(project: Project, chosen: Settings) -> RateTable:
    """The rates of an experiment; the encoder's weights are not read, and nothing is written.

    Raises:
        UsageError: the experiment has no encoder, its encoder is not on this machine, or its
            settings do not fit it or the competition.
        DataError: files that are there are wrong.
    """
    if chosen.kind != "encoder":
        raise UsageError(
            f"only an encoder has layer groups with rates, got an experiment of "
            f"kind={chosen.kind!r}; choose another experiment"
        )
    competition = load_competition(project.competition(chosen.competition))
    labels = _labels(competition)
    known = competition.task == "regression" or bool(labels)
    if known:
        noisy = bool(competition.target_sd)
        _refuse(unfit_for(chosen, competition.task, labels, has_target_sd=noisy))
    outputs = len(competition.target if competition.task == "regression" else labels)
    groups = _layer_groups(chosen, competition, outputs or LEAST_CLASSES)
    _refuse(unfit_for_layers(chosen, len(layers_of([group.name for group in groups]))))
    missing = _missing(project, competition)
    stages = _stages(chosen, () if missing else _training_rows(project, chosen))
    assumed = 0 if known else LEAST_CLASSES
    return RateTable(_rates(groups, chosen, stages), stages, missing, assumed)


def _refuse(messages: list[str]) -> None:
    complaints = Complaints()
    complaints.extend(messages)
    complaints.raise_if_any(UsageError)


def _missing(project: Project, competition: Competition) -> str:
    """What keeps the steps from being counted; empty: nothing."""
    try:
        require_files(competition, "train", "test", "sample_submission")
    except DataError as error:
        return error.complaints[0]
    path = project.folds(competition.name)
    if not path.is_file():
        return f"{path} does not exist; run: foldwise folds {competition.name}"
    return ""


def _training_rows(project: Project, chosen: Settings) -> tuple[int, ...]:
    """How many rows the model of each fold learns from."""
    corpus = load_corpus(project, chosen)
    return tuple(len(corpus.training_positions(fold)) for fold in range(corpus.n_folds))


def _labels(competition: Competition) -> tuple[str, ...]:
    """The labels of a classification; none where they are not here, and in a regression."""
    try:
        require_files(competition, "train")
    except DataError:
        return competition.labels
    return load_labels(competition)


def _layer_groups(chosen: Settings, competition: Competition, outputs: int) -> "list[LayerGroup]":
    from foldwise.modeling.model import build_model  # imports transformers, for seconds

    files = resolve_encoder(chosen.encoder.name, allow_download=False)  # weights may be gigabytes
    # with random weights, of which only the number counts; not on torch's meta device, as an
    # encoder is run once over four tokens to see which of its parameters have an effect
    model = build_model(
        files.folder, chosen, outputs=outputs, task=competition.task, pretrained=False
    )
    return model.layer_groups()


def _stages(chosen: Settings, rows: tuple[int, ...]) -> list[StageSteps]:
    """The stages, with the steps that they take in each fold with so many training rows."""
    epochs = [epoch_steps(count, chosen.training.batch_size) for count in rows]
    lengths = [stage_lengths(chosen, epoch) for epoch in epochs]
    stages = []
    for number, stage in enumerate(chosen.all_stages()):
        steps = tuple(length[number] for length in lengths)
        warmup = tuple(warmup_length(stage.schedule, count) for count in steps)
        stages.append(StageSteps(stage, steps, warmup))
    return stages


def _rates(
    groups: "list[LayerGroup]", chosen: Settings, stages: list[StageSteps]
) -> list[GroupRates]:
    names = [group.name for group in groups]
    peaks = [layer_rates(names, part.stage.rates) for part in stages]
    learning = [trained_groups(names, part.stage, chosen.encoder) for part in stages]
    factors = [_first_factor(part) for part in stages]
    # towards the pretrained weights instead of 0, where that is asked for
    decay = 0.0 if chosen.regularization.pretrained_decay else chosen.optimizer.weight_decay
    rows = []
    for group in groups:
        own = tuple(
            peak[group.name] if group.name in learns else None
            for peak, learns in zip(peaks, learning, strict=True)
        )
        firsts = tuple(
            None if peak is None or factor is None else peak * factor
            for peak, factor in zip(own, factors, strict=True)
        )
        used = [p for p in group.parameters() if p.requires_grad]  # the encoder freezes the rest
        count = sum(parameter.numel() for parameter in used)
        has_matrices = any(parameter.ndim > 1 for parameter in used)
        rows.append(GroupRates(group.name, count, own, firsts, decay if has_matrices else 0.0))
    return rows


def _first_factor(part: StageSteps) -> float | None:
    """The factor of a stage's first step, in its first fold; None where that needs the data."""
    schedule = part.stage.schedule
    if part.steps:
        return schedule_factor(schedule, part.steps[0])(0)
    if schedule.warmup_steps or schedule.warmup == 0:  # the same, however many steps there are
        return schedule_factor(schedule, schedule.warmup_steps + 1)(0)
    return None
