"""`competition.toml`, typed and checked."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foldwise.errors import Complaints, UsageError, did_you_mean

Task = Literal["regression", "classification"]


class _Section(BaseModel):
    """A table of `competition.toml`: unknown keys forbidden, values never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Files(_Section):
    """The files of the competition, relative to its folder; `.zip` members are read in place."""

    train: str
    test: str
    sample_submission: str
    solution: str = ""  # a private leaderboard kept on this machine; empty where there is none


class FileFormat(_Section):
    """How train and test are written; samples, solutions and submissions are comma-separated."""

    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quoting: bool = True  # False: a quotation mark is a character like any other


class Source(_Section):
    """Where `foldwise data` gets the files: exactly one of the two."""

    kaggle: str = ""  # the competition's slug on Kaggle
    pypi: str = ""  # a recipe in foldwise.competition.sources

    @model_validator(mode="after")
    def _exactly_one(self) -> "Source":
        if bool(self.kaggle) == bool(self.pypi):
            raise ValueError("give exactly one of kaggle and pypi")
        return self


class Competition(_Section):
    """One text competition, as its `competition.toml` describes it.

    Attributes:
        folder: where the files are (`input/<name>`).
        text: one column, or two for a sentence pair.
        target: one column, or several.
        target_sd: the column of rater noise; empty where there is none.
        group: the column of rows that must share a fold; empty where there is none.
        stratify: the column whose distribution the folds should share; empty: the target.
        labels: of a classification, in order (as strings); empty: those of the training file, in
            numerical order if they are all numbers, else alphabetical.
    """

    folder: Path
    title: str
    task: Task
    metric: str
    id: str
    text: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)]
    target: Annotated[tuple[str, ...], Field(min_length=1)]
    target_sd: str = ""
    group: str = ""
    stratify: str = ""
    labels: tuple[str, ...] = ()
    files: Files
    format: FileFormat = FileFormat()
    source: Source | None = None

    @property
    def name(self) -> str:
        """The competition's name: its folder's."""
        return self.folder.name

    def path(self, file: Literal["train", "test", "sample_submission", "solution"]) -> Path:
        """Where one of its files lies."""
        name: str = getattr(self.files, file)
        return self.folder / name

    @model_validator(mode="after")
    def _consistent(self) -> "Competition":
        if self.task == "classification" and len(self.target) != 1:
            raise ValueError(f"a classification has one target column, got {list(self.target)}")
        if self.task == "regression" and self.labels:
            raise ValueError("labels belong to a classification; remove them or change the task")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels must differ, got {list(self.labels)}")
        return self


def load_competition(folder: Path) -> Competition:
    """The competition described by `folder/competition.toml`.

    Raises:
        UsageError: the file is no TOML, a key is unknown (names the nearest), missing, or of
            another type; all at once.
    """
    path = folder / "competition.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} must be TOML in UTF-8: {error}") from None
    return _checked(path, {**table, "folder": folder})


def _checked(path: Path, table: dict[str, Any]) -> Competition:
    try:
        return Competition.model_validate(table)
    except ValidationError as error:
        from foldwise.settings.explaining import explained  # which only a fault needs

        complaints = Complaints()
        told = explained(error, "key", lambda at: did_you_mean(at[-1], _known_keys(at)))
        complaints.extend(f"{path}: {fault}" for fault in told)
        complaints.raise_if_any(UsageError)
        raise  # pydantic reports at least one error


def _known_keys(location: Sequence[str]) -> list[str]:
    sections: dict[str, type[BaseModel]] = {
        "files": Files,
        "format": FileFormat,
        "source": Source,
    }
    section = sections.get(location[0], Competition) if len(location) > 1 else Competition
    return [name for name in section.model_fields if name != "folder"]
