"""The folder that stands for `/kaggle` in one case: inputs as Kaggle mounts them, and what is odd.

Since 2026 inputs lie in folders by kind; older notebooks see them side by side.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from foldwise.competition.competition import Competition
from foldwise.competition.files import located
from foldwise.errors import UsageError
from foldwise.kaggle.package import METADATA
from foldwise.kaggle.simulation.case_files import unpacked_name, write_sample, write_test
from foldwise.kaggle.simulation.case_rows import CaseRows
from foldwise.kaggle.simulation.cases import Case, Damage, Mounts
from foldwise.kaggle.simulation.kernel_folder import KernelFolder

NOT_MOUNTED = {METADATA}  # the kaggle program reads it, and does not upload it


@dataclass(frozen=True)
class InputTree:
    """What a kernel finds.

    Attributes:
        folder: stands for `/kaggle`.
        competition: the competition's files.
        damaged: the name of the file that was damaged; empty: none.
        before: size and time of change of every input file.
    """

    folder: Path
    competition: Path
    damaged: str
    before: dict[str, tuple[int, int]]

    def changes(self) -> list[str]:
        """Input files that are not as they were."""
        now = _listing(self.folder / "input")
        return sorted(
            name
            for name in now.keys() | self.before.keys()
            if now.get(name) != self.before.get(name)
        )


def make_tree(
    folder: Path,
    kernel: KernelFolder,
    competition: Competition,
    case: Case,
    rows: CaseRows,
    *,
    previous: Path | None = None,
    linked: bool,
) -> InputTree:
    """The tree of a case, in the new folder `folder`.

    Args:
        folder: to be made.
        kernel: whose dataset is attached.
        competition: of the project, with its public files.
        case: with its mounts and its damage.
        rows: of the test file.
        previous: the output of an earlier session, attached too.
        linked: whether files may be links to the originals, since nothing can write into them.
    """
    (folder / "working").mkdir(parents=True)
    inputs = folder / "input"
    competitions = _places(inputs, case.mounts, "competitions", "", kernel.competition_slug)
    for place in competitions:
        _put_competition(place, competition, case, rows, linked=linked)
    damaged = ""
    owner, slug = kernel.dataset_owner, kernel.dataset_slug
    for place in _places(inputs, case.mounts, "datasets", owner, slug):
        _put(kernel.dataset, place, linked=linked)
        damaged = _damage(place, case.damage) if case.damage else ""
    if previous is not None:
        for place in _places(inputs, case.mounts, "notebooks", kernel.owner, kernel.slug):
            _put(previous, place, linked=linked)
    return InputTree(folder, competitions[0], damaged, _listing(inputs))


def _places(inputs: Path, mounts: Mounts, kind: str, owner: str, slug: str) -> list[Path]:
    """Where an input is mounted."""
    new, old = inputs / kind / owner / slug, inputs / slug
    return {"new": [new], "old": [old], "both": [new, old]}[mounts]


def _put_competition(
    folder: Path, competition: Competition, case: Case, rows: CaseRows, *, linked: bool
) -> None:
    train = located(competition.path("train"))
    target = folder / Path(competition.files.train).with_name(train.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    _put_file(train, target, linked=linked)
    files = competition.files
    if case.test == "public":
        for name in (files.test, files.sample_submission):
            source = located(competition.folder / name)
            _put_file(source, folder / Path(name).with_name(source.name), linked=linked)
        return
    write_test(folder / unpacked_name(files.test), competition, rows)
    write_sample(folder / unpacked_name(files.sample_submission), competition, rows)


def _put(source: Path, target: Path, *, linked: bool) -> None:
    for file in sorted(source.rglob("*")):
        place = target / file.relative_to(source)
        if file.is_file() and file.name not in NOT_MOUNTED:
            place.parent.mkdir(parents=True, exist_ok=True)
            _put_file(file, place, linked=linked)


def _put_file(source: Path, target: Path, *, linked: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if linked:
        try:
            os.link(source, target)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, target)
    else:
        shutil.copyfile(source, target)


def _damage(dataset: Path, kind: Damage) -> str:
    """The name of the model file that was damaged in `dataset`."""
    file = _model_file(dataset)
    data = bytearray(file.read_bytes())
    file.unlink()  # it may be a link to the one that was built
    if kind == "flipped byte":
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    return file.name


def _model_file(dataset: Path) -> Path:
    """The largest file of a fold."""
    files = [
        file
        for file in dataset.rglob("*")
        if file.is_file() and any(part.startswith("fold-") for part in file.parts)
    ]
    if not files:
        raise UsageError(f"{dataset} has no fold's model; build the kernel anew")
    return max(files, key=lambda file: (file.stat().st_size, str(file)))


def _listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(file.relative_to(folder)): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in folder.rglob("*")
        if file.is_file()
    }


def set_rights(folder: Path, *, writable: bool) -> None:
    """Let everything in `folder` be written by its owner, or by nobody."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(
                (0o700 if writable else 0o555) if path.is_dir() else 0o644 if writable else 0o444
            )
