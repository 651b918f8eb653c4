"""Who may be a member, with what share, and of which seed."""

from pathlib import Path
from typing import Any

import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.membership import asked_for, check_replaces_none, seeds_kept
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


@pytest.mark.parametrize(
    ("names", "how", "asked"),
    [
        (["b", "c"], {}, "b, c (foldwise ensemble b c --name taken --method mean)"),
        (["a", "b"], {"method": "nnls"}, "a, b (foldwise ensemble a b --name taken --method nnls)"),
        (["a", "b"], {"weights": [3, 1]}, "--name taken --weights 0.75,0.25)"),
        (["a", "b"], {"options": Options(temperature=True)}, "mean --calibrate temperature)"),
    ],
)
def test_the_name_of_an_ensemble_that_is_made_otherwise_is_taken(
    project: Project, names: list[str], how: dict[str, Any], asked: str
) -> None:
    blend(project, ["a", "b"], "taken")
    with pytest.raises(UsageError, match="one name is of one ensemble") as refused:
        check_replaces_none(project, "taken", asked_for(names, **{"method": "mean", **how}))
    message = str(refused.value)
    assert "'taken' is of a, b (foldwise ensemble a b --name taken --method mean)" in message
    assert asked in message
    assert message.endswith("give it another --name, or set the old one aside with --fresh")


def test_the_same_members_by_the_same_method_are_no_other_ensemble(project: Project) -> None:
    blend(project, ["a", "b"], "taken", weights=[3, 1])
    check_replaces_none(project, "taken", asked_for(["b", "a"], "mean", [1, 3]))
    with pytest.raises(UsageError, match="one name is of one ensemble"):
        check_replaces_none(project, "taken", asked_for(["b", "a"], "mean", [3, 1]))
    check_replaces_none(project, "new", asked_for(["a", "c"], "nnls"))


def test_a_kill_while_an_ensemble_is_set_aside_loses_nothing_of_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    blend(project, ["a", "b"], "taken", weights=[3, 1])
    old = contents(project.run("taken"))
    rename = Path.rename

    def killed(path: Path, target: Path) -> Path:
        if path.name == "ensemble.json":
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            blend(project, ["a", "c"], "taken")
    assert set(contents(project.run("taken"))) == {"ensemble.json"}
    # what is left is still another ensemble, which is refused, and is set aside where it may be
    with pytest.raises(UsageError, match="one name is of one ensemble"):
        check_replaces_none(project, "taken", asked_for(["a", "c"], "mean"))
    blend(project, ["a", "c"], "taken")
    aside: dict[str, bytes] = {}
    for folder in project.run("taken").parent.glob(".taken.*Z"):
        aside |= contents(folder)
    assert aside == old


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
