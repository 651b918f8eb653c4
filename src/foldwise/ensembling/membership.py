"""Who may be a member of an ensemble, with what share, and of which seed."""

from collections.abc import Sequence
from math import inf

from foldwise.ensembling.recipe import Options
from foldwise.ensembling.record import Ensemble, members_below
from foldwise.errors import Complaints, UsageError, listed
from foldwise.paths import Project


def shares_of(names: Sequence[str], weights: Sequence[float] | None) -> tuple[float, ...]:
    """One share a member, summing to one; alike where no weights are given.

    Raises:
        UsageError: fewer than two members, one twice, or weights that are no weights.
    """
    complaints = Complaints()
    if len(names) < 2:
        complaints.add(f"an ensemble has at least two members, got {listed(names) or 'none'}")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        complaints.add(
            f"each run is a member once; weigh it instead of repeating {listed(repeated)}"
        )
    given = [1.0] * len(names) if weights is None else list(weights)
    if len(given) != len(names):
        complaints.add(f"{len(names)} members need as many weights, got {len(given)}")
    if not all(0 <= weight < inf for weight in given) or not 0 < sum(given) < inf:
        complaints.add(
            f"weights are zero or more, not all zero, and have a finite sum; got {listed(given)}"
        )
    complaints.raise_if_any(UsageError)
    return tuple(weight / sum(given) for weight in given)


def check_no_cycle(project: Project, names: Sequence[str], name: str) -> None:
    """Refuse an ensemble that would be made from itself.

    Raises:
        UsageError: `name` is among the members, or among what they are made from.
    """
    if name in names:
        raise UsageError(
            f"an ensemble is no member of itself: {name!r} is in {listed(names)}; give the new "
            f"ensemble another name (--name)"
        )
    for member in names:
        if name in members_below(project, member):
            raise UsageError(
                f"an ensemble is no member of itself: {member!r} is made from {name!r}; give the "
                f"new ensemble another name (--name)"
            )


def seeds_kept(before: Ensemble, now: Ensemble) -> list[int]:
    """One seed a member, where `now` is the average over seeds that `before` was; else none.

    So that such an average, blended again by hand, is still compared seed by seed.
    """
    is_average = now.method == "mean" and now.options == Options() == before.options
    if not before.seeds or not is_average or set(now.members) != set(before.members):
        return []
    seeds = dict(zip(before.members, before.seeds, strict=True))
    return [seeds[member] for member in now.members]
