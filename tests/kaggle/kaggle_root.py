"""A `/kaggle` in a temporary folder, and a built notebook run in it, cell after cell."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from foldwise.kaggle.session.report import KernelReport, read_report

SECONDS = 300


@dataclass(frozen=True)
class Ran:
    """What a notebook left behind.

    Attributes:
        code: 0, or 1 where a cell failed.
        out, err: of all cells.
        working: `/kaggle/working`.
    """

    code: int
    out: str
    err: str
    working: Path

    @property
    def report(self) -> KernelReport:
        """The kernel's report."""
        return read_report(self.working)

    @property
    def submission(self) -> list[str]:
        """The lines of the submission."""
        return (self.working / "submission.csv").read_text().splitlines()


def mount(root: Path, there: str, folder: Path) -> Path:
    """Attach `folder` as the input `there`; a link, as the notebook must not write to it."""
    path = root / "input" / there
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(folder.resolve(), target_is_directory=True)
    return path


def run_notebook(built: Path, root: Path, **environment: str) -> Ran:
    """What the notebook of the kernel in `built` leaves behind in `root`.

    All code cells, in a process of their own, with nothing on its path but what is installed: the
    notebook must bring its own Foldwise.
    """
    (notebook,) = (built / "kernel").glob("*.ipynb")
    cells = json.loads(notebook.read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    working = root / "working"
    working.mkdir(parents=True, exist_ok=True)
    own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    own |= {"FOLDWISE_KAGGLE_ROOT": str(root), "OMP_NUM_THREADS": "1", **environment}
    script = root / "notebook.py"
    script.write_text("\n\n".join(code))
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=working,
        env=own,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr, working)
