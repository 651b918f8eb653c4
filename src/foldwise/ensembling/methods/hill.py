"""Hill climbing: members are added one by one, with replacement, for the competition's own metric.

Each climb begins with the best few members, then adds whichever member makes the blend best, until
several additions in a row have not helped; the weights are those of the best blend on the way. The
climbs of several random halves of the members are averaged (bagging), where there are many members:
halves of a few would often lack the one or two that matter.
Caruana et al. (2004): https://doi.org/10.1145/1015330.1015432; the bagging and the beginning:
Caruana, Munson & Niculescu-Mizil (2006), https://doi.org/10.1109/ICDM.2006.76
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.formula import Formula, linear
from foldwise.ensembling.methods.scorings import Scoring, scoring_of
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Recipe

Floats = NDArray[np.float64]
FEWEST = 20  # members of a bag; see benchmarks/ensembling.md
BEGINNING = 5  # members that a climb may begin with
PATIENCE = 5  # additions without a better blend, then a climb ends
ADDITIONS = 100  # of one climb, or of all together, but
FEWEST_ADDITIONS = 30  # each


def fit_hill(problem: Problem, recipe: Recipe) -> Formula:
    """The mean of the climbs' weights."""
    options, members = recipe.options, len(problem.members)
    scoring = scoring_of(problem, in_logits=options.space == "logit")
    bags = bags_of(members, options.bags, options.seed)
    alone = scoring.begin().with_each(list(range(members)))
    most = max(ADDITIONS // len(bags), FEWEST_ADDITIONS)
    # numpy works outside of Python's lock; the order of bags, not of threads, orders the sum
    with ThreadPoolExecutor(min(len(bags), os.cpu_count() or 1)) as threads:
        climbs = list(threads.map(lambda bag: climb(scoring, bag, alone, most), bags))
    weights = np.mean([counts / counts.sum() for counts in climbs], axis=0)
    return linear(
        weights,
        problem.outputs,
        space="logit" if options.space == "logit" else "plain",
        probabilities=problem.is_classification,
    )


def bags_of(members: int, bags: int, seed: int) -> list[list[int]]:
    """The members of each bag, ascending: a random half, but `FEWEST`; all of them: one bag."""
    size = max((members + 1) // 2, min(members, FEWEST))
    if size == members:
        return [list(range(members))]
    drawn = [np.random.default_rng((seed, bag)).permutation(members)[:size] for bag in range(bags)]
    return [sorted(bag.tolist()) for bag in drawn]


def climb(scoring: Scoring, bag: list[int], alone: Floats, most: int) -> Floats:
    """(members,) how often each member of the bag stands in the best blend.

    Args:
        scoring: of blends.
        bag: the members that may be added.
        alone: (members,) the gain of each member by itself.
        most: additions, those of the beginning included.
    """
    best_first = [bag[i] for i in np.argsort(-alone[bag], kind="stable")]
    counts, best = _best_beginning(scoring, best_first)
    blend = scoring.begin()
    for member in best_first[: int(counts.sum())]:
        blend.add(member)
    tried, since = counts.copy(), 0
    while since < PATIENCE and tried.sum() < most:
        gains = blend.with_each(bag)
        chosen = int(gains.argmax())  # of equals the first
        blend.add(bag[chosen])
        tried[bag[chosen]] += 1
        since += 1
        if gains[chosen] > best:
            best, counts, since = float(gains[chosen]), tried.copy(), 0
    return counts


def _best_beginning(scoring: Scoring, best_first: list[int]) -> tuple[Floats, float]:
    """The counts of the best blend of the best one, two, ... members, and its gain."""
    blend, gains = scoring.begin(), []
    for member in best_first[:BEGINNING]:
        gains.append(float(blend.with_each([member])[0]))
        blend.add(member)
    counts = np.zeros(scoring.members)
    counts[best_first[: int(np.argmax(gains)) + 1]] = 1
    return counts, max(gains)
