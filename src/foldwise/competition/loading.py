"""A competition's files as rows, checked: one error lists everything that is wrong."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from foldwise.competition.competition import Competition
from foldwise.competition.files import FileName, require_files
from foldwise.competition.ids import id_complaints
from foldwise.competition.labels import labels_of, output_names
from foldwise.competition.metrics import metric_named
from foldwise.competition.reading import RawTable, parse_table
from foldwise.competition.rows import Rows
from foldwise.competition.sample import Sample, check_sample, load_sample
from foldwise.competition.targets import (
    absent_labels,
    constant_targets,
    label_indices,
    noise_of,
    target_numbers,
)
from foldwise.errors import Complaints, DataError, listed

First = TypeVar("First")
Second = TypeVar("Second")


@dataclass(frozen=True, eq=False)
class LoadedCompetition:
    """A competition with all its rows, ready for folds, training and submission.

    Attributes:
        competition: as described by its `competition.toml`.
        labels: of a classification, in order; empty in a regression.
        outputs: the columns of a prediction table: target names, or `p_<label>`.
        train: with targets.
        test: without; possibly no rows at all.
        sample: what a submission must look like; its ids are those of `test`.
        strata: one string a training row, where `stratify` names another column than a target.
    """

    competition: Competition
    labels: tuple[str, ...]
    outputs: tuple[str, ...]
    train: Rows
    test: Rows
    sample: Sample
    strata: tuple[str, ...] | None = None


class TrainingFile(NamedTuple):
    """What the training file holds."""

    rows: Rows
    labels: tuple[str, ...]
    strata: tuple[str, ...] | None


def load(competition: Competition) -> LoadedCompetition:
    """All files of `competition`, read and checked against each other.

    Raises:
        UsageError: the metric is unknown, or scores another task.
        DataError: whatever is wrong with the files; see `load_train`, `load_test`,
            `load_sample` and `check_sample` of `foldwise.competition.sample`.
    """
    metric_named(competition.metric, competition.task)
    files: list[FileName] = ["train", "test", "sample_submission"]
    require_files(competition, *files, *_solution(competition))
    training, test = _both(lambda: load_training_file(competition), lambda: load_test(competition))
    sample = load_sample(competition, training.labels)
    check_sample(competition, sample, test)
    outputs = output_names(competition, training.labels)
    return LoadedCompetition(
        competition, training.labels, outputs, training.rows, test, sample, training.strata
    )


def load_train(competition: Competition) -> Rows:
    """The training rows, with targets and what else the competition has.

    Blank texts are rows like any other.

    Raises:
        DataError: the file cannot be read, or, all at once: ids that are empty or stand twice,
            targets that are missing, no finite number or no known label, or all of them constant,
            rater noise that is negative or no finite number, and empty groups.
    """
    return load_training_file(competition).rows


def load_training_file(competition: Competition) -> TrainingFile:
    """The training rows, the labels among them, and the strata.

    Raises:
        DataError: see `load_train`.
    """
    require_files(competition, "train")
    complaints = Complaints()
    extra = [competition.target_sd, competition.group, competition.stratify]
    columns = [competition.id, *competition.text, *competition.target, *filter(None, extra)]
    table = parse_table(competition.path("train"), competition.format, columns, complaints)
    labels = _labels(competition, table, complaints)
    if competition.task == "classification":
        targets = label_indices(table, competition.target[0], labels, complaints)
        complaints.extend(absent_labels(table, competition.target[0], labels))
    else:
        targets = target_numbers(table, competition.target, complaints)
        complaints.extend(constant_targets(table, competition.target, targets))
    noise = noise_of(table, competition.target_sd, complaints) if competition.target_sd else None
    groups = _groups(table, competition.group, complaints) if competition.group else None
    rows = replace(
        _rows(competition, table, complaints), targets=targets, target_sd=noise, groups=groups
    )
    complaints.raise_if_any(DataError)
    return TrainingFile(rows, labels, _strata(competition, table))


def load_labels(competition: Competition) -> tuple[str, ...]:
    """The labels in order, from the training file unless `competition.toml` lists them.

    Raises:
        DataError: see `load_train`.
    """
    if competition.task == "regression" or competition.labels:
        return competition.labels
    return load_training_file(competition).labels


def load_test(competition: Competition) -> Rows:
    """The test rows; there may be none.

    Raises:
        DataError: the file cannot be read, or ids are empty or stand twice.
    """
    require_files(competition, "test")
    return load_rows(competition.path("test"), competition)


def load_rows(path: Path, competition: Competition) -> Rows:
    """The ids and texts of a file in the format of the competition's test file.

    Raises:
        DataError: the file cannot be read, or ids are empty or stand twice.
    """
    complaints = Complaints()
    columns = [competition.id, *competition.text]
    table = parse_table(path, competition.format, columns, complaints, rows_required=False)
    rows = _rows(competition, table, complaints)
    complaints.raise_if_any(DataError)
    return rows


def _solution(competition: Competition) -> list[FileName]:
    return ["solution"] if competition.files.solution else []


def _both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """What both functions return; if the first fails, the second's complaints are raised too."""
    try:
        result = first()
    except DataError as error:
        complaints = Complaints()
        complaints.extend(error.complaints)
        try:
            second()
        except DataError as other:
            complaints.extend(other.complaints)
        complaints.raise_if_any(DataError)
        raise
    return result, second()


def _rows(competition: Competition, table: RawTable, complaints: Complaints) -> Rows:
    ids = table.columns[competition.id]
    complaints.extend(id_complaints(table.path, competition.id, ids, table.lines))
    texts = zip(*(table.columns[name] for name in competition.text), strict=True)
    return Rows(tuple(ids), tuple(texts), table.lines)


def _labels(competition: Competition, table: RawTable, complaints: Complaints) -> tuple[str, ...]:
    try:
        return labels_of(competition, table.columns[competition.target[0]])
    except DataError as error:
        complaints.extend(f"{table.path}: {message}" for message in error.complaints)
        return ()


def _groups(table: RawTable, column: str, complaints: Complaints) -> tuple[str, ...]:
    groups = table.columns[column]
    empty = [line for line, name in zip(table.lines.tolist(), groups, strict=True) if not name]
    if empty:
        complaints.add(
            f"{table.path}: every row needs a group, but {column!r} is empty on line "
            f"{listed(empty)}; give rows that stand alone a group of their own"
        )
    return tuple(groups)


def _strata(competition: Competition, table: RawTable) -> tuple[str, ...] | None:
    if not competition.stratify or competition.stratify in competition.target:
        return None
    return tuple(table.columns[competition.stratify])
