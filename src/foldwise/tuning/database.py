"""The file of a study: made whole, or not there at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.storages import RDBStorage
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from foldwise.errors import GOES_ON, StorageError
from foldwise.storage import sync_file, sync_folder

Direction = Literal["minimize", "maximize"]

STUDY = "study"  # the only one in its file
ORIGIN = "origin"  # what the study is of, among its attributes
SECONDS = 60  # to wait for a reader, such as a dashboard


def create_study_file(
    path: Path, direction: Direction, origin: Mapping[str, Any], first: Mapping[str, Any]
) -> None:
    """Make the study in `path`, with the parameters `first` waiting to be tried.

    It is made aside: a kill leaves no half of one behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.tmp")
    for left in path.parent.glob(f"{aside.name}*"):
        left.unlink()
    storage = _storage(aside)
    study = optuna.create_study(storage=storage, study_name=STUDY, direction=direction)
    study.set_user_attr(ORIGIN, dict(origin))
    study.enqueue_trial(dict(first))
    storage.remove_session()
    storage.engine.dispose()
    sync_file(aside)
    aside.replace(path)
    sync_folder(path.parent)


def open_study(path: Path) -> optuna.Study:
    """The study in `path`; SQLite, since one process alone writes to it.

    Raises:
        StorageError: there is none in it, or one of a later Optuna.
    """
    try:
        return optuna.load_study(storage=_storage(path), study_name=STUDY)
    except (KeyError, RuntimeError) as error:  # an empty file; tables that Optuna cannot read
        raise _unusable(path, error) from error


@contextmanager
def study_file_explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says of the study in `path` into a StorageError.

    Raises:
        StorageError: the disk is full, another program holds the file, or it is damaged.
    """
    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        raise _unusable(path, error.__cause__ or error) from error


def _unusable(path: Path, error: BaseException) -> StorageError:
    said = str(getattr(error, "orig", None) or error).strip("'\"")
    return StorageError(
        f"{path} cannot be read or written ({said}): make room if the disk is full, end what else "
        f"holds the file, or restore it if it is damaged; then {GOES_ON}"
    )


def _storage(path: Path) -> RDBStorage:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = URL.create("sqlite", database=str(path.absolute()))
    return RDBStorage(url.render_as_string(), engine_kwargs={"connect_args": {"timeout": SECONDS}})
