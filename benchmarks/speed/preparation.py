"""The task of a benchmark, from its options: data, folds and encoder brought here first."""

from argparse import Namespace
from pathlib import Path

from speed.random_encoders import SIZES, write_config
from speed.rows import as_random_ids, chosen_rows
from speed.task import Rows, Task

from foldwise.competition.competition import load_competition
from foldwise.encoders import resolve_encoder
from foldwise.paths import Project
from foldwise.pipeline.preparing import Say, prepare_data, prepare_encoders, prepare_folds
from foldwise.settings import Encoder, Settings

ROOT = Path(__file__).resolve().parents[2]
MAX_LENGTH = 256
ROWS = 1200  # by default: all contestants' rounds in a quarter of an hour on two cores
WARMUP, WEIGHT_DECAY = 0.1, 0.01


def prepared_task(options: Namespace, folder: Path, say: Say) -> Task:
    """The task the command line's options describe; `folder` is for an encoder made up.

    Raises:
        UsageError, DataError, StorageError: data or encoder are nowhere, or do not fit.
    """
    train, valid = _rows(options, say)
    random = options.encoder in SIZES
    if random:
        write_config(options.encoder, folder)
        vocabulary = SIZES[options.encoder].vocabulary
        train = as_random_ids(train, vocabulary, MAX_LENGTH, options.stretch)
        valid = Rows([], [], [])
    return Task(
        encoder=str(folder if random else _encoder_folder(options.encoder, say)),
        random=random,
        train=train,
        valid=valid,
        epochs=options.epochs or (2 if options.quality else 1),
        batch_size=options.batch_size,
        rate=options.rate,
        warmup=WARMUP,
        weight_decay=WEIGHT_DECAY,
        max_length=MAX_LENGTH,
        device=options.device,
        threads=options.threads,
        quality=options.quality,
    )


def task_facts(task: Task, competition: str, encoder: str) -> list[str]:
    """What is learned, in words."""
    return [
        f"{encoder} on {len(task.train):,} training rows of {competition}, {task.epochs} epoch(s), "
        f"{task.steps:,} steps in all, batch size {task.batch_size}",
        f"AdamW, peak rate {task.rate:g}, weight decay {task.weight_decay:g}, linear schedule with "
        f"{task.warmup:.0%} warm-up, gradient norm clipped at 1, at most {task.max_length} tokens",
    ]


def _rows(options: Namespace, say: Say) -> tuple[Rows, Rows]:
    """Training and validation rows, as texts."""
    project = Project(ROOT)
    competition = load_competition(project.competition(options.competition))
    prepare_data(competition, say)
    prepare_folds(project, competition, say)
    by_default = 0 if options.quality else ROWS
    count = by_default if options.rows is None else options.rows
    return chosen_rows(project, options.competition, count)


def _encoder_folder(name: str, say: Say) -> Path:
    prepare_encoders([Settings(competition="benchmark", encoder=Encoder(name=name))], say)
    return resolve_encoder(name).folder
