"""Where things are: the project's folders and the user's cache."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from foldwise.errors import UsageError, did_you_mean

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Project:
    """A folder with `input/`, `folds/`, `experiments/`, `runs/` and `submissions/`."""

    root: Path

    def competition(self, name: str) -> Path:
        """`input/<name>/`, which holds `competition.toml`.

        Raises:
            UsageError: no such competition; names the nearest.
        """
        folder = self.root / "input" / checked_name("competition", name)
        if not (folder / "competition.toml").is_file():
            known = [path.parent.name for path in self.root.glob("input/*/competition.toml")]
            raise UsageError(
                f"no competition {name!r}: {folder / 'competition.toml'} does not exist; "
                f"{did_you_mean(name, known)}"
            )
        return folder

    def folds(self, competition: str) -> Path:
        """`folds/<competition>.csv`."""
        return self.root / "folds" / f"{checked_name('competition', competition)}.csv"

    def run(self, name: str) -> Path:
        """`runs/<name>/`, whether it exists or not."""
        return self.root / "runs" / checked_name("run", name)

    def submission(self, name: str) -> Path:
        """`submissions/<name>.csv`."""
        return self.root / "submissions" / f"{checked_name('submission', name)}.csv"

    def experiment(self, name: str) -> Path:
        """The experiment's TOML file: a path as given, or a name in `experiments/`.

        Raises:
            UsageError: no such experiment; names the nearest.
        """
        if name.endswith(".toml") and Path(name).is_file():
            return Path(name)
        folder, stem = self.root / "experiments", name.removesuffix(".toml")
        if not NAME.fullmatch(stem) or not (folder / f"{stem}.toml").is_file():
            known = [found.stem for found in folder.glob("*.toml")]
            raise UsageError(
                f"no experiment {name!r}: it is neither a TOML file nor the name of one in "
                f"{folder}; {did_you_mean(Path(stem).name, known)}"
            )
        return folder / f"{stem}.toml"


def find_project(start: Path | None = None) -> Project:
    """The project around `start` (the working folder by default): the nearest with `input/`.

    `FOLDWISE_ROOT` overrides the search.

    Raises:
        UsageError: no folder upwards of `start` holds `input/`, or `FOLDWISE_ROOT` is no folder.
    """
    if override := os.environ.get("FOLDWISE_ROOT"):
        if not Path(override).is_dir():
            raise UsageError(
                f"FOLDWISE_ROOT names the project's folder, but {override} is none; correct it, or "
                f"unset it and change to the project's folder"
            )
        return Project(Path(override).resolve())
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "input").is_dir():
            return Project(folder)
    raise UsageError(
        f"no project here: neither {here} nor a folder above it holds input/; "
        f"change to the project's folder, make one with: mkdir input, or set FOLDWISE_ROOT"
    )


def cache_folder(part: str) -> Path:
    """The user's cache for `part` (such as "tokens"); `FOLDWISE_CACHE` moves it."""
    base = os.environ.get("FOLDWISE_CACHE")
    if not base:  # an empty variable is no folder
        home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        base = str(Path(home) / "foldwise")
    return Path(base) / part


def checked_name(what: str, name: str) -> str:
    """`name`, if it can be the name of a file: never a path, never hidden.

    Raises:
        UsageError: it holds other characters than letters, digits, dot, dash and underscore, or is
            too long.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"a {what}'s name is up to 100 letters, digits, '.', '_' and '-', beginning with a "
            f"letter or a digit: got {name!r}; choose another name"
        )
    return name
