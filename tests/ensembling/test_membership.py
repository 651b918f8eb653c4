"""Who may be a member, with what share, and of which seed."""

from pathlib import Path

import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.membership import seeds_kept
from foldwise.ensembling.recipe import Options
from foldwise.ensembling.record import Ensemble, read_ensemble
from foldwise.errors import UsageError
from foldwise.paths import Project


def contents(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(run.glob("[!.]*"))}


def test_an_ensemble_is_never_a_member_of_itself(project: Project) -> None:
    blend(project, ["a", "b"], "pair")
    blend(project, ["pair", "c"], "three")
    before = contents(project.run("pair"))
    with pytest.raises(UsageError, match="no member of itself: 'pair' is in pair, c"):
        blend(project, ["pair", "c"], "pair")
    with pytest.raises(UsageError, match="no member of itself: 'three' is made from 'pair'"):
        blend(project, ["three", "a"], "pair")
    assert contents(project.run("pair")) == before


@pytest.mark.parametrize(
    ("names", "weights", "message"),
    [
        ([], None, "at least two members, got none"),
        (["a"], None, "at least two members, got a"),
        (["a", "b", "a"], None, "each run is a member once; weigh it instead of repeating a"),
        (["a", "b"], [1], "2 members need as many weights, got 1"),
        (
            ["a", "b"],
            [1, -1],
            "weights are zero or more, not all zero, and have a finite sum; got 1, -1",
        ),
        (
            ["a", "b"],
            [0, 0],
            "weights are zero or more, not all zero, and have a finite sum; got 0, 0",
        ),
        (["a", "b"], [1, float("nan")], "weights are zero or more"),
        (["a", "b"], [1e308, 1e308], "have a finite sum; got 1e"),
        (["a", "../b"], None, "a run's name is up to 100 letters"),
    ],
)
def test_members_and_weights_that_make_no_ensemble_are_refused(
    project: Project, names: list[str], weights: list[float] | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        blend(project, names, "mean", weights=weights)
    assert not project.run("mean").exists()


def test_an_average_over_seeds_blended_again_by_hand_keeps_its_seeds(project: Project) -> None:
    blend(project, ["a", "b"], "average", seeds=[3, 1])
    blend(project, ["b", "a"], "average")
    # each seed stays with its member
    again = read_ensemble(project.run("average"))
    assert (again.members, again.seeds) == (["b", "a"], [1, 3])
    # other members, or fitted weights, are no average over these seeds
    blend(project, ["a", "b"], "average", "nnls")
    assert read_ensemble(project.run("average")).seeds == []


def test_only_a_plain_mean_of_the_same_members_keeps_seeds() -> None:
    before = Ensemble("mean", ["a", "b"], [0.5, 0.5], {}, seeds=[0, 1])
    kept = Ensemble("mean", ["a", "b"], [0.5, 0.5], {})
    assert seeds_kept(before, kept) == [0, 1]
    others = [
        Ensemble("weights", ["a", "b"], [0.5, 0.5], {}),
        Ensemble("mean", ["a", "c"], [0.5, 0.5], {}),
        Ensemble("mean", ["a", "b"], [0.5, 0.5], {}, options=Options(temperature=True)),
    ]
    assert [seeds_kept(before, other) for other in others] == [[], [], []]
    assert seeds_kept(kept, kept) == []
