"""Before any work: the package is whole, the image has what it needs, and there is room."""

import platform
import re
import shutil
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution, version

from foldwise.errors import Complaints, StorageError, UsageError
from foldwise.kaggle.package import faults_in
from foldwise.kaggle.session.session import Session
from foldwise.training.manifest import LIBRARIES

# What only other commands import: making folds, tuning, tables on a terminal.
NOT_NEEDED = frozenset({"iterative-stratification", "optuna", "sqlalchemy", "rich", "pandas"})
REQUIREMENT = re.compile(r"([A-Za-z0-9_.-]+)\s*>=\s*([0-9.]+)")
ROOM = 256 << 20  # bytes for predictions and the submission; a million rows take less


def check_package(session: Session) -> None:
    """Check that every file of the package is as it was built.

    Raises:
        StorageError: names each that is missing or damaged; whatever `submission.csv` holds then
            stays there.
    """
    faults = faults_in(session.folder, session.package)
    complaints = Complaints()
    complaints.extend(
        f"{fault}; upload the dataset again: foldwise kernel push FOLDER" for fault in faults
    )
    complaints.raise_if_any(StorageError)


def check_versions(session: Session) -> list[str]:
    """What differs from the versions the run was built with, in words; remarked too.

    Raises:
        UsageError: a package that is needed is missing, or older than Foldwise works with.
    """
    complaints = Complaints()
    for name, least in _required():
        found = version_of(name)
        if found is None:
            complaints.add(f"the image lacks {name}; choose the newest image of Kaggle")
        elif _numbers(found) < _numbers(least):
            complaints.add(f"{name} must be {least} or newer, the image has {found}")
    complaints.raise_if_any(UsageError)
    now = {name: version_of(name) for name in LIBRARIES} | {"python": platform.python_version()}
    built = session.package.versions
    changed = [f"{n} {built[n]} -> {now[n]}" for n in built if built[n] != now.get(n)]
    if changed:
        session.remark(f"versions differ from those of the build: {', '.join(changed)}")
    return changed


def check_room(session: Session, needed: int = ROOM) -> int:
    """The bytes free in the working folder.

    Raises:
        StorageError: fewer than `needed`.
    """
    free = shutil.disk_usage(session.working).free
    if free < needed:
        raise StorageError(
            f"{session.working} needs {needed:,} bytes free, it has {free:,}; detach outputs that "
            f"an earlier cell wrote"
        )
    return free


def _required() -> Iterable[tuple[str, str]]:
    """Each package that a kernel needs, with the oldest version that Foldwise works with.

    Raises:
        UsageError: a requirement is of a kind that is not read here, so that nobody checks it.
    """
    for line in distribution("foldwise").requires or ():
        requirement, _, marker = line.partition(";")
        if "extra" in marker:  # of a command that no kernel calls
            continue
        found = REQUIREMENT.fullmatch(requirement.strip())
        if found is None or marker:
            raise UsageError(
                f"a requirement of Foldwise must be NAME>=VERSION for a kernel to check it, got "
                f"{line!r}; change it in pyproject.toml and build the kernel again"
            )
        if found[1].lower() not in NOT_NEEDED:
            yield found[1], found[2]


def version_of(name: str) -> str | None:
    """The installed version of a package; None if it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    """The leading numbers of a version, to compare: 2.13.0+cpu is (2, 13, 0)."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()
