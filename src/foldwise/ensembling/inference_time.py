"""What it takes to predict new texts with some of the members."""

from collections.abc import Sequence

import numpy as np

from foldwise.ensembling.record import is_ensemble, members_below
from foldwise.paths import Project
from foldwise.training.fold_result import TEST_SECONDS
from foldwise.training.run_scores import is_finished, read_scores


def seconds_of(project: Project, names: Sequence[str]) -> float | None:
    """Seconds to predict a thousand texts by the runs below `names`, each once; None if unknown.

    Unknown where a run did not record it, or is gone: an ensemble is blended without what its
    members are made from.
    """
    below = {run for name in names for run in (name, *members_below(project, name))}
    total = 0.0
    for run in sorted(run for run in below if not is_ensemble(project.run(run))):
        if not is_finished(project.run(run)):
            return None
        folds = read_scores(project.run(run)).facts.get("folds", [])
        known = [fold.get(TEST_SECONDS) for fold in folds]
        if not known or None in known:
            return None
        total += float(np.sum(known))
    return total
