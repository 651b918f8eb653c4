"""Writes 02-train.ipynb and 03-infer.ipynb: the Kaggle kernels of `make run`, as built now.

Needs the runs of `make run`; only the score in the first cell depends on them, and the
package's hash, which is left out.
"""

import re
import sys
import tempfile
from pathlib import Path

from foldwise.cli.main import main
from foldwise.storage import write_text

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
            write_text(folder / name, without_hash(notebook.read_text(encoding="utf-8")))
    return 0


def without_hash(notebook: str) -> str:
    """The notebook, which any package of its name fits: the built one depends on the weights."""
    return re.sub(r'(PACKAGE_SHA256 = \\")[0-9a-f]{64}', r"\1", notebook)


if __name__ == "__main__":
    sys.exit(write_kernels(Path(__file__).parent))
