"""The first process inside new namespaces: it builds `/kaggle`, then runs the notebook.

It makes a root folder in memory, with the machine's folders mounted into it and the tree as
`/kaggle`, and moves there. So the machine needs no folder `/kaggle`, and nothing is left behind:
all mounts end with the namespace. https://man7.org/linux/man-pages/man7/mount_namespaces.7.html
"""

import os
import subprocess
import sys
from pathlib import Path

from foldwise.kaggle.simulation import session
from foldwise.kaggle.simulation.job import Job, read_job, write_session


def enter(job: Job, root: Path) -> None:
    """Make `root` the root folder of this process: the machine's, with `/kaggle`."""
    _mount("-t", "tmpfs", "-o", "mode=755", "kaggle", root)
    for entry in sorted(Path("/").iterdir()):
        _show(entry, root / entry.name)
    _mount("-t", "proc", "proc", root / "proc")  # of the processes in this namespace
    (root / job.sockets.lstrip("/")).mkdir()  # here, since the path of a socket must be short
    kaggle = root / "kaggle"
    kaggle.mkdir()
    _mount("--bind", job.tree, kaggle)
    _mount("--bind", kaggle / "input", kaggle / "input")
    _mount("-o", "remount,bind,ro", kaggle / "input")
    for folder in (job.tree, *job.hidden):
        place = root / folder.lstrip("/")
        if place.is_dir():  # it is not where a folder above it is hidden already
            _mount("-t", "tmpfs", "-o", "ro,mode=755", "hidden", place)
    os.chroot(root)
    os.chdir("/kaggle/working")


def _show(entry: Path, place: Path) -> None:
    """Let the folder or link `entry` of the machine stand at `place` too."""
    if entry.is_symlink():
        place.symlink_to(entry.readlink())
    elif entry.name == "proc":
        place.mkdir()
    elif entry.is_dir() and entry.name not in {"kaggle", "sockets"}:
        place.mkdir()
        _mount("--rbind", entry, place)


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


def main(path: str) -> None:
    """Enter the sandbox, and run the job in the file `path`."""
    job = read_job(Path(path))
    with session.ended_with_parent():
        root = job.path("root")
        root.mkdir()
        enter(job, root)
        write_session(job, session.run_job(job))


if __name__ == "__main__":
    main(sys.argv[1])
