"""The files of a competition as they lie in a folder: checked and described."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foldwise.competition.competition import Competition, FileFormat
from foldwise.competition.sources.contents import Contents, read_contents
from foldwise.competition.sources.recipes import FileKind, find_recipe
from foldwise.errors import Complaints, DataError, UsageError, listed
from foldwise.storage import sha256_of_file

KINDS: tuple[FileKind, ...] = ("train", "test", "sample_submission", "solution")


@dataclass(frozen=True)
class FetchedFile:
    """One file of a competition: where it is and what it holds."""

    kind: FileKind
    path: Path
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Fetched:
    """The files of a competition, and where they came from.

    Attributes:
        competition: its name.
        origin: where the files came from, in words.
        already_complete: all were there before, and nothing was written.
        files: train, test, sample submission, and the solution where there is one.
    """

    competition: str
    origin: str
    already_complete: bool
    files: tuple[FetchedFile, ...]


def file_names(competition: Competition) -> dict[FileKind, str]:
    """The names of the competition's files by kind.

    Raises:
        UsageError: a name is a path, two are equal, or a recipe's solution has none.
    """
    names: dict[FileKind, str] = {}
    for kind in KINDS:
        if name := str(getattr(competition.files, kind)):
            names[kind] = name
    complaints = Complaints()
    for kind, name in names.items():
        if Path(name).name != name or name == "competition.toml":
            complaints.add(
                f"files.{kind} must be the name of a data file in {competition.folder}: got "
                f"{name!r}; change it in competition.toml"
            )
    if len(set(names.values())) != len(names):
        complaints.add(f"the names in [files] must differ: got {listed(list(names.values()))}")
    if competition.source and competition.source.pypi and "solution" not in names:
        complaints.add(
            'a recipe makes a private test set: add solution = "solution.csv" to [files]'
        )
    complaints.raise_if_any(UsageError)
    return names


def described_files(
    competition: Competition, names: Mapping[FileKind, str], folder: Path
) -> tuple[FetchedFile, ...]:
    """The competition's files in `folder`, after a check of what their first lines tell.

    Raises:
        DataError: a file is empty, lacks a column that competition.toml names, or differs from what
            the recipe makes; all at once.
    """
    complaints = Complaints()
    files = []
    for kind, name in names.items():
        path = folder / name
        contents = read_contents(path, _format(competition, kind))
        complaints.extend(_faults(competition, kind, path, contents))
        found = FetchedFile(kind, path, contents.rows, path.stat().st_size, sha256_of_file(path))
        complaints.extend(_differences(competition, found))
        files.append(found)
    complaints.raise_if_any(DataError)
    return tuple(files)


def _format(competition: Competition, kind: FileKind) -> FileFormat:
    """Submissions, and with them samples and solutions, are always comma-separated."""
    return competition.format if kind in {"train", "test"} else FileFormat()


def _columns(competition: Competition, kind: FileKind) -> dict[str, str]:
    """The columns that a file needs, and which key of `competition.toml` names each."""
    needed = {competition.id: "id"}
    if kind in {"sample_submission", "solution"}:
        return needed
    needed |= dict.fromkeys(competition.text, "text")
    if kind == "train":
        needed |= dict.fromkeys(competition.target, "target")
        for key in ("target_sd", "group", "stratify"):
            if column := getattr(competition, key):
                needed.setdefault(column, key)
    return needed


def _faults(competition: Competition, kind: FileKind, path: Path, contents: Contents) -> list[str]:
    needed = _columns(competition, kind)
    faults = []
    if missing := sorted(needed.keys() - set(contents.columns)):
        faults.append(
            f"{path.name} must have the columns {listed(sorted(needed))}: it lacks "
            f"{listed([f'{name} ({needed[name]} in competition.toml)' for name in missing])} and "
            f"has {listed(contents.columns)}; give the files of {competition.title}"
        )
    if kind == "train" and not contents.rows:
        faults.append(f"{path.name} must have rows: it has only column names; get the whole file")
    return faults


def _differences(competition: Competition, file: FetchedFile) -> list[str]:
    if competition.source is None or not competition.source.pypi:
        return []
    expected = find_recipe(competition.source.pypi).sha256[file.kind]
    if file.sha256 == expected:
        return []
    return [
        f"{file.path.name} must be what the recipe {competition.source.pypi} makes, whose SHA-256 "
        f"is {expected}: got {file.sha256}; make it again with: "
        f"foldwise data {competition.name} --refresh"
    ]
