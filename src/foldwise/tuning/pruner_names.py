"""The names of the pruners, known without Optuna."""

from typing import Literal

PrunerName = Literal["paired", "median", "wilcoxon", "none"]
PRUNERS: tuple[PrunerName, ...] = ("paired", "median", "wilcoxon", "none")
