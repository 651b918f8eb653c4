"""The task of a benchmark, from its options: data, folds and encoder brought here first."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
from speed.encoder_shape import shape_of
from speed.known_lengths import KNOWN, drawn_rows
from speed.random_encoders import SIZES, write_config
from speed.rows import as_random_ids, chosen_rows
from speed.task import Rows, Task
from transformers import AutoConfig

from foldwise.competition.competition import load_competition
from foldwise.encoders import resolve_encoder
from foldwise.paths import Project
from foldwise.pipeline.preparing import Say, prepare_data, prepare_encoders, prepare_folds
from foldwise.settings import Encoder, Settings

ROOT = Path(__file__).resolve().parents[2]
MAX_LENGTH = 256
LONGEST = 512  # tokens: the positions of BERT and RoBERTa
ROWS = 1200  # by default: all contestants' rounds in a quarter of an hour on two cores
WARMUP, WEIGHT_DECAY = 0.1, 0.01


def prepared_task(
    options: Namespace, encoder: str, competition: str, folder: Path, say: Say
) -> Task:
    """The task of an encoder on a competition's rows; `folder` is for an encoder made up.

    Raises:
        UsageError, DataError, StorageError: data or encoder are nowhere, or do not fit.
    """
    random = encoder in SIZES
    count = ROWS if options.rows is None else options.rows
    if random:
        write_config(encoder, folder)
        train, valid = _random_rows(options, encoder, competition, count, say), Rows([], [], [])
    else:
        _prepare(competition, say)
        train, valid = chosen_rows(Project(ROOT), competition, count)
    home = str(folder if random else _encoder_folder(encoder, say))
    return Task(
        encoder=home,
        random=random,
        train=train,
        valid=valid,
        epochs=options.epochs or 1,
        batch_size=options.batch_size,
        rate=options.rate,
        warmup=WARMUP,
        weight_decay=WEIGHT_DECAY,
        max_length=MAX_LENGTH,
        device=options.device,
        threads=options.threads,
        quality=False,
        shape=shape_of(home),
    )


def task_facts(task: Task, competition: str, encoder: str) -> list[str]:
    """What is learned, in words."""
    lengths = "" if task.train.ids is None else f", {_mean_length(task.train):.0f} tokens a row"
    return [
        f"{encoder} on {len(task.train):,} training rows of {competition}{lengths}, batch size "
        f"{task.batch_size}",
        f"AdamW, peak rate {task.rate:g}, weight decay {task.weight_decay:g}, linear schedule with "
        f"{task.warmup:.0%} warm-up, gradient norm clipped at 1, at most {task.max_length} tokens",
    ]


def stretched_task(task: Task, times: float) -> Task:
    """The task with random ids and weights, and texts so many times as long."""
    vocabulary = int(AutoConfig.from_pretrained(task.encoder).vocab_size)
    train = as_random_ids(task.train, vocabulary, LONGEST, times)
    return replace(task, train=train, valid=Rows([], [], []), random=True, max_length=LONGEST)


def all_rows(competition: str) -> Rows:
    """All training rows of the fold, whose data and folds are there."""
    train, _ = chosen_rows(Project(ROOT), competition, 0)
    return train


def is_drawn(competition: str) -> bool:
    """Whether random rows have lengths that are drawn, because the competition's data is absent."""
    return competition in KNOWN and not (ROOT / "input" / competition / "train.csv").is_file()


def _random_rows(options: Namespace, encoder: str, competition: str, count: int, say: Say) -> Rows:
    vocabulary = SIZES[encoder].vocabulary
    if is_drawn(competition):
        return drawn_rows(competition, count or ROWS, vocabulary, MAX_LENGTH, options.stretch)
    _prepare(competition, say)
    train, _ = chosen_rows(Project(ROOT), competition, count)
    return as_random_ids(train, vocabulary, MAX_LENGTH, options.stretch)


def _prepare(name: str, say: Say) -> None:
    project = Project(ROOT)
    competition = load_competition(project.competition(name))
    prepare_data(competition, say)
    prepare_folds(project, competition, say)


def _mean_length(rows: Rows) -> float:
    return float(np.mean([len(ids) for ids in rows.ids or ()]))


def _encoder_folder(name: str, say: Say) -> Path:
    prepare_encoders([Settings(competition="benchmark", encoder=Encoder(name=name))], say)
    return resolve_encoder(name).folder
