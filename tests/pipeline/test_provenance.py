"""Where a submission comes from."""

import json
import shutil

import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.errors import DataError
from foldwise.paths import Project
from foldwise.pipeline.provenance import check_members, hashes_of, provenance
from foldwise.storage import sha256_of_file
from foldwise.training.run_scores import read_scores


def test_every_run_below_is_named_with_its_hashes(project: Project) -> None:
    blend(project, ["both", "words"], "top")
    told = provenance(project, "top", read_scores(project.run("top")))
    assert list(told["runs"]) == ["top", "both", "words", "letters"]
    for run, trace in told["runs"].items():
        assert trace["oof.csv"] == sha256_of_file(project.run(run) / "oof.csv")
        assert ("ensemble" in trace) == (run in {"top", "both"})
    assert told["runs"]["words"]["settings"]["tfidf.characters"] == [1, 2]
    assert json.loads(json.dumps(told)) == told


def test_members_as_they_were_blended_pass(project: Project) -> None:
    check_members(project, "words")
    check_members(project, "both")


@pytest.mark.parametrize("method", ["mean", "weights", "nnls"])
def test_a_member_that_changed_or_is_gone_is_named_with_the_way_back(
    method: str, project: Project
) -> None:
    weights = [3.0, 1.0] if method == "weights" else None
    blend(
        project,
        ["words", "letters"],
        "top",
        method="nnls" if method == "nnls" else "mean",
        weights=weights,
    )
    test = project.run("words") / "test.csv"
    test.write_text(test.read_text() + "\n")
    shutil.rmtree(project.run("letters"))
    with pytest.raises(DataError) as caught:
        check_members(project, "top")
    again = (
        "run: foldwise ensemble words letters --name top"
        + {
            "mean": " --method mean",
            "weights": " --weights 0.75,0.25",
            "nnls": " --method nnls",
        }[method]
    )
    first, second = caught.value.complaints
    assert "needs its member 'words' as it was blended, but its predictions have changed" in first
    assert "needs its member 'letters' as it was blended, but its predictions are gone" in second
    assert first.endswith(f"to blend it as it is now, {again}")
    assert second.endswith(f"make it again, then {again}")


def test_a_run_without_tables_has_no_hashes(project: Project) -> None:
    assert hashes_of(project, "nowhere") is None


def test_an_average_over_seeds_is_made_again_by_training(project: Project) -> None:
    blend(project, ["words", "letters"], "average", seeds=[3, 1])
    shutil.rmtree(project.run("letters"))
    with pytest.raises(DataError) as caught:
        check_members(project, "average")
    (told,) = caught.value.complaints
    assert told.endswith(
        "train it with the settings it had: foldwise train EXPERIMENT --seeds 3,1 --name average"
    )


def complaints_about(project: Project, run: str) -> tuple[str, ...]:
    with pytest.raises(DataError) as caught:
        check_members(project, run)
    return caught.value.complaints


def change(project: Project, run: str) -> None:
    path = project.run(run) / "test.csv"
    path.write_text(path.read_text() + "\n")


# As they are to be typed: what is blended last is never told before what it is blended from.
def test_an_ensemble_below_is_mended_before_those_that_are_made_of_it(project: Project) -> None:
    blend(project, ["both", "words"], "top", method="mean")
    blend(project, ["words", "top"], "peak", method="mean")
    change(project, "letters")
    inner, outer, last = complaints_about(project, "peak")
    assert "needs its member 'letters'" in inner
    assert "--name both" in inner
    assert outer == (
        "the ensemble 'top' is made of 'both', which will change; mend that first, then run: "
        "foldwise ensemble both words --name top --method mean"
    )
    assert last.startswith("the ensemble 'peak' is made of 'top', which will change")


def test_a_member_of_both_an_ensemble_and_its_member_waits_for_the_inner_one(
    project: Project,
) -> None:
    blend(project, ["words", "both"], "top", method="mean")
    change(project, "words")
    inner, outer = complaints_about(project, "top")
    assert inner.startswith("the ensemble 'both' needs its member 'words'")
    assert outer.endswith(
        "have changed since; mend 'both' first; to blend it as it is now, run: "
        "foldwise ensemble words both --name top --method mean"
    )


def test_an_inner_ensemble_that_was_blended_anew_asks_for_the_outer_one_alone(
    project: Project,
) -> None:
    blend(project, ["both", "words"], "top", method="mean")
    change(project, "both")
    (told,) = complaints_about(project, "top")
    assert told.endswith(
        "to blend it as it is now, run: foldwise ensemble both words --name top --method mean"
    )
