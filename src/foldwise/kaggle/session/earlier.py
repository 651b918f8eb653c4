"""What an earlier session of the same kernel left: found among the inputs, and gone on with."""

import shutil
from pathlib import Path

from foldwise.kaggle.session.finding import folders_below
from foldwise.kaggle.session.session import Session
from foldwise.storage import disk_full_explained
from foldwise.training.checkpoint_folders import checkpoint_folders, checkpoint_step
from foldwise.training.fold_result import RESULT
from foldwise.training.manifest import FILE as MANIFEST


def restore_runs(session: Session, names: list[str]) -> dict[str, Path]:
    """Where each run goes on from; copied into the working folder, where it can be written to.

    Of several outputs the one that got furthest. A run that is in the working folder already, as
    after a notebook that was run twice, is left as it is, and goes on from there.

    Raises:
        StorageError: the disk is full.
    """
    found = {}
    for name in names:
        to = session.working / "runs" / name
        if (to / MANIFEST).is_file():
            found[name] = to
        elif source := _furthest(session, name):
            _copy(source, to)
            found[name] = source
    return found


def _furthest(session: Session, name: str) -> Path | None:
    candidates = [
        folder
        for folder in folders_below(session.input)
        if folder.name == name
        and folder.parent.name == "runs"
        and session.folder not in folder.parents
        and (folder / MANIFEST).is_file()
    ]
    return max(candidates, key=_progress, default=None)


def _progress(run: Path) -> tuple[int, int, str]:
    """Folds that have finished, steps in checkpoints, and the path, so that ties are settled."""
    folders = [path for fold in run.glob("fold-*") for path in checkpoint_folders(fold)]
    finished = len(list(run.glob(f"fold-*/{RESULT}")))
    return finished, sum(map(checkpoint_step, folders)), str(run)


def _copy(source: Path, to: Path) -> None:
    """Copy the bytes alone: the rights of inputs, which nobody may write to, are left behind.

    Under another name until all is there: half a run would pass for one that is at work here.
    """
    aside = to.with_name(f".{to.name}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    for path in sorted(source.rglob("*")):
        target = aside / path.relative_to(source)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif path.name != ".lock" and not path.name.endswith(".tmp"):
            target.parent.mkdir(parents=True, exist_ok=True)
            with disk_full_explained(target, path.stat().st_size):
                shutil.copyfile(path, target)
    shutil.rmtree(to, ignore_errors=True)  # without a manifest it is no run
    aside.rename(to)
