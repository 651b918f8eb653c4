"""Names of a study's folders in `runs/`, and which folders are such.

`<name>.tuning` holds the study; `<name>.tuning.trial-007.<hash>` is a run like any other. The hash
is of its settings that can change a result, so that a trial that is queued again goes on in its own
folder.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from foldwise.errors import UsageError
from foldwise.paths import NAME, Project, checked_name
from foldwise.storage import sha256_of_strings

if TYPE_CHECKING:
    from foldwise.settings import Settings

MARK = ".tuning"
TRIAL = f"{MARK}.trial-"
DATABASE = "study.db"
RESULT = "tuning.json"
LOOKS = "looks"  # in a trial's folder: what each evaluation of its first fold predicted
DIGITS = 8  # of the hash
LONGEST = 70  # characters; a trial's name has to have room for its number and hash


def study_name(name: str) -> str:
    """The name of the study's folder.

    Raises:
        UsageError: it cannot be the name of a folder, or leaves no room for the trials'.
    """
    if len(checked_name("study", name)) > LONGEST:
        raise UsageError(
            f"a study's name is up to {LONGEST} characters, since its trials' names are longer; "
            f"got {len(name)}; shorten it (--name)"
        )
    return f"{name}{MARK}"


def trial_name(study: str, number: int, settings: "Settings") -> str:
    """The name of the run of one trial."""
    return f"{study}{TRIAL.removeprefix(MARK)}{number:03d}.{settings_hash(settings)}"


def settings_hash(settings: "Settings") -> str:
    """A short hash of all settings that can change a result."""
    from foldwise.training.manifest import has_effect  # with NumPy: commands list runs without

    flat = sorted(settings.flat().items())
    parts = [f"{key}={value!r}" for key, value in flat if has_effect(key)]
    return sha256_of_strings(*parts)[:DIGITS]


def is_trial(name: str) -> bool:
    """Whether a run was trained by a study."""
    return TRIAL in name


def is_study(folder: Path) -> bool:
    """Whether a folder in `runs/` holds a study, and so is no run."""
    return (folder / DATABASE).is_file() or (folder / RESULT).is_file()


def named_study(project: Project, name: str) -> str:
    """The folder's name of the study that was given `name`, where no run has it; else `name`.

    Raises:
        UsageError: it cannot be the name of a folder.
    """
    if any(project.run(name).glob("[!.]*")):
        return name
    folder = f"{name}{MARK}"
    return folder if is_study(project.root / "runs" / folder) else name


def study_of(project: Project, run: str) -> Path | None:
    """The folder of the study that a run belongs to; None where there is none.

    A study leads to itself, a run named for an experiment to the study of that name, one of the
    experiment that a study wrote (`x-tuned`) to that of `x-tune`, and a trial to its own.
    """
    if is_study(project.root / "runs" / run):
        return project.root / "runs" / run
    stem = run.partition(TRIAL)[0].removesuffix("-fast")
    stems = [run.partition(TRIAL)[0], stem, f"{stem}-tune"]
    if stem.endswith("-tuned"):
        stems += [stem.removesuffix("d"), stem.removesuffix("-tuned")]
    for name in stems:
        folder = project.root / "runs" / f"{name}{MARK}"
        if NAME.fullmatch(folder.name) and (folder / RESULT).is_file():
            return folder
    return None
