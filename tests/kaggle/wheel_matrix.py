"""The wheel in environments of its own: other Pythons, and the oldest and newest libraries."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TORCH = "torch==2.13.0"
WITHOUT_TORCH = ("matplotlib", "numpy", "pydantic", "rich", "safetensors", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Environment:
    """A Python and what is installed into it.

    Attributes:
        python: its version.
        packages: for pip; the wheel itself is installed without its dependencies.
        encoder: whether torch is among them, so that an encoder predicts too.
    """

    python: str
    packages: tuple[str, ...]
    encoder: bool

    @property
    def name(self) -> str:
        """For people."""
        return f"python {self.python}, {', '.join(self.packages[:3])}"

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

    def make(self, folder: Path, wheel: Path, program: str) -> Path:
        """The environment's Python, with the packages and the wheel installed."""
        subprocess.run([program, "-m", "venv", str(folder)], check=True)
        python = folder / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if self.encoder:  # first: anything newer that another package asks for brings CUDA
            subprocess.run([*pip, TORCH], check=True)
        subprocess.run([*pip, *self.packages], check=True)
        subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
        return python


# A CPU build of torch is at hand for this Python alone, so that elsewhere TF-IDF predicts.
ENVIRONMENTS = (
    Environment("3.12", ("pandas", *WITHOUT_TORCH), encoder=False),
    Environment("3.13", ("pandas", *WITHOUT_TORCH), encoder=False),
    Environment("3.12", ("pandas==2.2.*", "numpy==1.26.*", *WITHOUT_TORCH), encoder=False),
    Environment("3.11", ("transformers==5.0.*", "pandas==2.2.*", *WITHOUT_TORCH), encoder=True),
    Environment("3.11", ("transformers", "pandas", *WITHOUT_TORCH), encoder=True),
)
