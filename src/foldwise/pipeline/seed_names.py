"""Names of the runs that are one experiment with several seeds, and of their average.

The average has the experiment's name, `NAME`; it is the mean of `NAME.seed0`, `NAME.seed1` ...
"""

import re
from contextlib import suppress
from pathlib import Path

from foldwise.ensembling.record import is_ensemble, read_ensemble
from foldwise.errors import FoldwiseError

SEED_RUN = re.compile(r"(?P<average>.+)\.seed[0-9]+")


def seed_run_name(average: str, seed: int) -> str:
    """The name of the run of one seed."""
    return f"{average}.seed{seed}"


def is_part_of_average(folder: Path) -> bool:
    """Whether a run is of one seed, and its average has been made from it."""
    match = SEED_RUN.fullmatch(folder.name)
    if match is None:
        return False
    average = folder.with_name(match["average"])
    with suppress(FoldwiseError):  # a damaged average hides nothing
        if is_ensemble(average):
            ensemble = read_ensemble(average)
            return bool(ensemble.seeds) and folder.name in ensemble.members
    return False
