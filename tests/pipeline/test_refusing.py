"""What is refused before the first run trains."""

from dataclasses import replace

import pytest

from foldwise.errors import UsageError
from foldwise.paths import Project
from foldwise.pipeline.refusing import Origins, check_blend, check_resumable, common_competition
from foldwise.training.run import RunRequest
from tests.tiny_tfidf import tfidf_settings

WORDS = RunRequest("words", tfidf_settings(tfidf={"characters": [1, 2]}))
LETTERS = RunRequest("letters", tfidf_settings(tfidf={"words": [1, 1]}))


def test_requests_share_a_competition(project: Project) -> None:
    assert common_competition(project, [WORDS, LETTERS]).name == "tiny-regression"
    other = RunRequest("pairs", tfidf_settings("tiny-pairs"))
    with pytest.raises(UsageError, match="one competition, got tiny-pairs, tiny-regression"):
        common_competition(project, [WORDS, other])


def test_runs_that_can_be_blended_pass(project: Project) -> None:
    check_blend(project, [WORDS, LETTERS], "both")  # which is their ensemble already
    check_blend(project, [WORDS, LETTERS], "new")


def test_all_that_stands_against_a_blend_is_told_at_once(project: Project) -> None:
    fewer = replace(LETTERS, settings=tfidf_settings(training={"rows": 30, "folds": 2}))
    with pytest.raises(UsageError) as caught:
        check_blend(project, [WORDS, WORDS, fewer], "words")
    assert caught.value.complaints == (
        "each experiment is run once, but words is named again",
        "the ensemble needs a name of its own, but 'words' is another run; give it one with --name",
        "runs to be blended share training.rows, got 0 in words, 30 in letters; make it equal",
        "runs to be blended share training.folds, got 0 in words, 2 in letters; make it equal",
    )


def test_an_ensemble_is_not_made_from_itself(project: Project) -> None:
    with pytest.raises(UsageError, match="'words'"):
        check_blend(project, [replace(WORDS, name="both"), LETTERS], "words")


def test_differences_of_all_runs_are_told_at_once(project: Project) -> None:
    check_resumable(project, [WORDS, LETTERS, replace(WORDS, name="new")])
    wrong = [replace(run, settings=tfidf_settings(seed=7)) for run in (WORDS, LETTERS)]
    with pytest.raises(UsageError) as caught:
        check_resumable(project, wrong)
    told = caught.value.complaints
    assert len(told) == 2
    assert "seed: the run has 42, now asked for 7" in told[0]
    assert "tfidf.words: the run has [1, 1], now asked for [1, 2]" in told[1]


def test_a_run_that_begins_again_may_differ(project: Project) -> None:
    check_resumable(project, [replace(WORDS, settings=tfidf_settings(seed=7), mode="fresh")])


def test_a_run_is_known_by_what_it_was_made_from(project: Project) -> None:
    origins = Origins(project)
    assert origins.are_of(WORDS)
    assert not origins.are_of(replace(WORDS, name="letters"))
    assert not origins.are_of(replace(WORDS, name="new"))
    assert not origins.are_of(replace(WORDS, settings=tfidf_settings(seed=7)))
