"""What `foldwise predict` predicts here for the rows of a case: by the run, or by its package."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import foldwise
from foldwise.errors import FoldFailed
from foldwise.kaggle.simulation.kernel_folder import KernelFolder
from foldwise.paths import Project
from foldwise.predictions.table import Predictions, read_predictions
from foldwise.storage import sha256_of_file


def reference_of(project: Project, kernel: KernelFolder) -> "Reference":
    """Local predictions that the kernel's must be equal to.

    The run's in the project. A kernel with float16 weights predicts otherwise by as much as its
    build has measured, so that those of its package are taken: what differs then, the kernel does.
    """
    packed = Project(kernel.dataset.resolve())
    return Reference(packed if kernel.halved else project, kernel.package.run)


class Reference:
    """Local predictions of one run; a context, in which its tables are kept.

    Args:
        project: with the run; a package is one, too.
        run: its name.
    """

    def __init__(self, project: Project, run: str) -> None:
        self._project, self._run = project, run
        self._made = TemporaryDirectory(prefix="foldwise-reference-")
        self._known: dict[str, Predictions] = {}

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Remove its tables."""
        self._made.cleanup()

    def __call__(self, test: Path, environment: dict[str, str]) -> Predictions:
        """Predictions for the rows of the file `test`.

        Args:
            test: in the competition's format.
            environment: variables that differ from this process's.

        Raises:
            FoldFailed: the command failed; with what it said.
        """
        own = environment if _has_gpu() else {}
        key = f"{sha256_of_file(test)}{sorted(own.items())}"
        if key not in self._known:
            table = Path(self._made.name) / f"reference-{len(self._known)}.csv"
            self._predict(test, table, environment)
            self._known[key] = read_predictions(table)
        return self._known[key]

    def _predict(self, test: Path, table: Path, environment: dict[str, str]) -> None:
        own = str(Path(foldwise.__file__).parents[1])
        words = ["predict", self._run, str(test), "--output", str(table), "-q", "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "foldwise", *words],
            cwd=self._project.root,
            env={
                **os.environ,
                "PYTHONPATH": own,
                "FOLDWISE_ROOT": str(self._project.root),
                **environment,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise FoldFailed(
                f"`foldwise predict {self._run}` must predict the rows of the simulated test, "
                f"but it ended with exit code {done.returncode}: {done.stderr.strip()}"
            )


def _has_gpu() -> bool:
    """Whether there is a GPU that a variable could hide."""
    return any(Path("/dev").glob("nvidia[0-9]*"))
