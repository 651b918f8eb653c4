"""Writes 02-train.ipynb and 03-infer.ipynb: the Kaggle kernels of `make run`, as built now.

Needs the runs of `make run`; only the score in the first cell depends on them.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from foldwise.cli.main import main

KERNELS = (
    ("02-train.ipynb", "movie-valence-minilm", "--train"),
    ("03-infer.ipynb", "movie-valence", "--infer"),
)


def write_kernels(folder: Path) -> int:
    """The exit code of the first build that fails, else 0."""
    for name, run, purpose in KERNELS:
        with tempfile.TemporaryDirectory() as made:
            kernel = Path(made) / "kernel"
            if code := main(["kernel", "build", run, purpose, "--output", str(kernel)]):
                return code
            (notebook,) = (kernel / "kernel").glob("*.ipynb")
            shutil.copyfile(notebook, folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(write_kernels(Path(__file__).parent))
