"""The wheel in environments of its own: other Pythons, and the oldest and newest libraries."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LARGE = "FOLDWISE_LARGE_WHEELS"  # a variable: also the environments that take gigabytes
CPU_TORCH = "torch==2.13.0"  # of Python 3.11, where a build without CUDA is at hand
OLDEST_TORCH = "torch==2.6.*"  # in our range, which is that of the newest transformers
WITHOUT_TORCH = ("matplotlib", "numpy", "pydantic", "rich", "safetensors", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Environment:
    """A Python and what is installed into it.

    Attributes:
        python: its version.
        packages: for pip; the wheel itself is installed without its dependencies.
        torch: for pip as well, so that an encoder predicts too; empty: TF-IDF alone does.
    """

    python: str
    packages: tuple[str, ...]
    torch: str = ""

    @property
    def name(self) -> str:
        """For people."""
        torch = [self.torch] if self.torch else []
        return f"python {self.python}, {', '.join([*torch, *self.packages[:2]])}"

    @property
    def skipped(self) -> str:
        """Why it is not tried here; empty: it is."""
        if self.torch == OLDEST_TORCH and not os.environ.get(LARGE):
            return f"it downloads 3 GB and unpacks 6 GB: make wheels LARGE=1 (sets {LARGE})"
        return "" if self.found() else f"there is no Python {self.python} on this machine"

    def found(self) -> str | None:
        """The program of this Python; None where it is not on this machine."""
        if tuple(map(int, self.python.split("."))) == sys.version_info[:2]:
            return sys.executable
        candidates = [shutil.which(f"python{self.python}")]
        home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        candidates += [str(path) for path in sorted(home.glob(f"{self.python}.*/bin/python"))]
        for program in filter(None, candidates):
            done = subprocess.run([program, "-c", "import venv"], capture_output=True, check=False)
            if done.returncode == 0:  # pyenv's stand-ins exist for Pythons that are not there
                return program
        return None

    def make(self, folder: Path, wheel: Path) -> Path:
        """The environment's Python, with the packages and the wheel installed."""
        subprocess.run([str(self.found()), "-m", "venv", str(folder)], check=True)
        python = folder / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--no-compile"]  # thousands of files, most of which are never imported
        if self.torch:  # first: whatever another package asks for would be the newest
            subprocess.run([*pip, self.torch], check=True)
        subprocess.run([*pip, *self.packages], check=True)
        subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
        return python


OLD = ("transformers==5.0.*", "pandas==2.2.*", *WITHOUT_TORCH)
NEW = ("transformers", "pandas", *WITHOUT_TORCH)
# Torch for other Pythons than 3.11 comes from PyPI, with the CUDA libraries it was built for.
ENVIRONMENTS = (
    Environment("3.12", ("pandas", *WITHOUT_TORCH)),
    Environment("3.13", ("pandas", *WITHOUT_TORCH)),
    Environment("3.12", ("pandas==2.2.*", "numpy==1.26.*", *WITHOUT_TORCH)),
    Environment("3.11", OLD, CPU_TORCH),
    Environment("3.11", NEW, CPU_TORCH),
    Environment("3.12", OLD, OLDEST_TORCH),
    Environment("3.13", NEW, OLDEST_TORCH),
    Environment("3.12", NEW, OLDEST_TORCH),
    Environment("3.13", OLD, OLDEST_TORCH),
)
