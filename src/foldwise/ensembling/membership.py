"""Who may be a member of an ensemble, with what share, and of which seed."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, isclose
from pathlib import Path

from foldwise.ensembling.command import command_of
from foldwise.ensembling.recipe import Method, Options
from foldwise.ensembling.record import Ensemble, is_ensemble, members_below, read_ensemble
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


def asked_for(
    names: Sequence[str],
    method: Method,
    weights: Sequence[float] | None = None,
    options: Options | None = None,
) -> Ensemble:
    """The ensemble as it is asked for, with no weights but those given; see `blend`.

    Raises:
        UsageError: see `shares_of`.
    """
    shares = shares_of(names, weights)
    asked = Ensemble(method, list(names), [], {}, options=options or Options())
    return asked if weights is None else replace(asked, method="weights", weights=list(shares))


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


def is_made_alike(before: Ensemble, asked: Ensemble) -> bool:
    """Whether both are of the same members, in any order, by the same method and options."""
    if set(before.members) != set(asked.members):
        return False
    if (before.method, before.options) != (asked.method, asked.options):
        return False
    if asked.method != "weights":
        return True
    given = dict(zip(asked.members, asked.weights, strict=True))
    shares = zip(before.members, before.weights, strict=True)
    return all(isclose(share, given[name]) for name, share in shares)


def holds_another(folder: Path, asked: Ensemble) -> bool:
    """Whether an ensemble that was made otherwise is in the way of the one asked for.

    Finished or not: one that was being set aside when it was killed has nothing left but its
    definition, which is all that says how it was made.
    """
    return is_ensemble(folder) and not is_made_alike(read_ensemble(folder), asked)


def check_replaces_none(project: Project, name: str, asked: Ensemble) -> None:
    """Refuse to give an ensemble the name of another.

    Raises:
        UsageError: `name` is an ensemble of other members, or made otherwise.
    """
    folder = project.run(name)
    if not holds_another(folder, asked):
        return
    first, second = (
        f"{listed(of.members)} ({command_of(name, of)})" for of in (read_ensemble(folder), asked)
    )
    raise UsageError(
        f"one name is of one ensemble, but {name!r} is of {first}, and asked for is one of "
        f"{second}; give it another --name, or set the old one aside with --fresh"
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
