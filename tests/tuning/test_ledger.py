"""The record of a study, without any training: trials are asked for and ended at will."""

from collections.abc import Callable
from pathlib import Path

import pytest

from foldwise.errors import UsageError
from foldwise.settings import Settings, TunedExperiment, tuned_experiment
from foldwise.tuning.database import create_study_file
from foldwise.tuning.ledger import Ledger
from foldwise.tuning.suggesting import as_parameters
from foldwise.tuning.trials import Outcome, Spent, Trial

PENALTY = {"low": 1e-3, "high": 1e3, "log": True, "default": 3.0}
Opened = Callable[[], Ledger]


def experiment(**tfidf: object) -> TunedExperiment:
    table = {"competition": "tiny", "kind": "tfidf", "tfidf": tfidf or {"penalty": PENALTY}}
    return tuned_experiment(table, "the test")


def opened(folder: Path, tuned: TunedExperiment, seed: int = 42) -> Ledger:
    path = folder / "study.db"
    if not path.is_file():
        first = as_parameters(tuned.defaults(), tuned)
        create_study_file(path, "minimize", {"data": "1"}, first)
    return Ledger(path, tuned, tuned.settings, study="s.tuning", seed=seed, pruner="paired")


@pytest.fixture
def ledger(tmp_path: Path) -> Opened:
    """Opens the record anew, as a driver does that takes over."""
    return lambda: opened(tmp_path, experiment())


def next_trial(book: Ledger) -> Trial:
    trial = book.ask()
    assert trial is not None
    return trial


def penalties(book: Ledger) -> list[float]:
    return [trial.values["tfidf.penalty"] for trial in book.trials()]


def finish(book: Ledger, trial: Trial, score: float) -> None:
    book.end(trial, Outcome("finished", score, 0.1, spent=Spent(seconds=2.0, share=1.0)))


def test_the_defaults_are_tried_first_and_no_suggestion_is_repeated(ledger: Opened) -> None:
    book = ledger()
    for number in range(11):  # after ten TPE begins
        trial = next_trial(book)
        assert trial.number == number
        finish(book, trial, float(number))
    assert penalties(book)[0] == 3.0
    assert len(set(penalties(book))) == 11
    best = book.incumbent()
    assert best is not None
    assert best.number == 0


def test_a_study_that_is_resumed_suggests_what_it_would_have_suggested(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    book = again = opened(whole, experiment())
    for number in range(12):
        finish(book, next_trial(book), (number - 6.5) ** 2)
    for number in range(12):  # a driver for every third trial
        again = opened(parts, experiment()) if number % 3 == 0 else again
        finish(again, next_trial(again), (number - 6.5) ** 2)
    assert penalties(opened(parts, experiment())) == penalties(book)


def test_suggestions_are_as_they_are_written(ledger: Opened) -> None:
    book = ledger()
    for _ in range(5):
        finish(book, next_trial(book), 1.0)
    assert all(value == float(f"{value:.4g}") for value in penalties(book))


def test_an_orphan_fails_and_is_queued_once_with_its_number_and_settings(ledger: Opened) -> None:
    book = ledger()
    finish(book, next_trial(book), 1.0)
    orphan = next_trial(book)
    book.report(orphan, 250, 0.7)
    book = ledger()  # the driver was killed
    assert book.settle_orphans() == [1]
    assert book.settle_orphans() == []  # once
    again = next_trial(book)
    assert (again.number, again.run, again.values) == (1, orphan.run, orphan.values)
    assert book.reported_before(again, 1000) == 250  # what was seen of it is not forgotten
    finish(book, again, 0.5)
    assert [(t.number, t.outcome.state) for t in book.trials()] == [
        (0, "finished"),
        (1, "finished"),
    ]
    new = next_trial(book)
    assert (new.number, new.run.startswith("s.tuning.trial-002.")) == (2, True)
    assert [t.number for t in book.trials()] == [0, 1, 2]  # the second sitting took none of them


def test_a_trial_may_be_orphaned_again_and_again(ledger: Opened) -> None:
    for _ in range(4):
        book = ledger()
        book.settle_orphans()
        assert next_trial(book).number == 0
    assert len(ledger().trials()) == 1


def test_an_orphan_that_had_ended_is_told_and_not_run_again(
    ledger: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = ledger()
    trial = next_trial(book)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "_tell", lambda *_: None)  # killed between the note and Optuna
        finish(book, trial, 0.25)
    book = ledger()
    assert book.settle_orphans() == []
    (told,) = book.settled()
    assert (told.outcome.state, told.outcome.score) == ("finished", 0.25)
    assert next_trial(book).number == 1


def test_a_trial_that_was_stopped_is_queued_with_its_deaths(ledger: Opened) -> None:
    book = ledger()
    trial = book.died(next_trial(book))
    book.queue_again(trial)
    new, again = next_trial(book), next_trial(book)
    assert {(t.number, t.deaths) for t in (new, again)} == {(0, 1), (1, 0)}


def test_a_pruned_or_failed_trial_has_no_score_and_is_never_the_best(ledger: Opened) -> None:
    book = ledger()
    trial = next_trial(book)
    book.report(trial, 250, 0.01)
    book.end(trial, Outcome("pruned", reason="worse"))
    book.end(next_trial(book), Outcome("failed", reason="the loss is NaN"))
    assert book.incumbent() is None
    assert [t.outcome.score for t in book.settled()] == [None, None]


def test_few_choices_end_when_each_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foldwise.tuning.ledger.MOST_TRIES", 15)
    book = opened(tmp_path, experiment(min_rows={"choices": [1, 2, 3]}))
    for _ in range(3):
        finish(book, next_trial(book), 1.0)
    assert book.ask() is None
    assert sorted(t.values["tfidf.min_rows"] for t in book.trials()) == [1, 2, 3]
    assert [t.number for t in book.trials()] == [0, 1, 2]  # repeated suggestions are no trials


def test_a_list_among_the_choices_comes_back_as_one(tmp_path: Path) -> None:
    book = opened(tmp_path, experiment(words={"choices": [[1, 1], [1, 2], [2, 3]]}))
    for _ in range(3):
        finish(book, next_trial(book), 1.0)
    assert sorted(t.values["tfidf.words"] for t in book.trials()) == [[1, 1], [1, 2], [2, 3]]


def refuse(values: object) -> Settings:
    raise UsageError("a and b contradict each other")


def picky(folder: Path, tuned: TunedExperiment) -> Ledger:
    """The record of a study in which every suggestion contradicts itself."""
    opened(folder, tuned)
    return Ledger(folder / "study.db", tuned, refuse, study="s.tuning", seed=1, pruner="paired")


def test_what_contradicts_itself_is_suggested_anew_and_at_last_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foldwise.tuning.ledger.MOST_TRIES", 4)
    book = picky(tmp_path, experiment(penalty=PENALTY))
    with pytest.raises(UsageError, match=r"4 suggestions in a row .* a and b contradict"):
        book.ask()
    assert book.trials() == []  # none of them is a trial


def test_a_study_in_which_only_contradictions_are_left_ends_with_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foldwise.tuning.ledger.MOST_TRIES", 4)
    tuned = experiment(penalty=PENALTY)
    book = opened(tmp_path, tuned)
    finish(book, next_trial(book), 1.0)
    book = picky(tmp_path, tuned)
    # an error here would keep the study from ever being written down
    assert book.ask() is None
    assert len(book.settled()) == 1


def test_importances_need_some_trials(ledger: Opened) -> None:
    book = ledger()
    finish(book, next_trial(book), 1.0)
    assert book.importances() == {}
    for number in range(8):
        finish(book, next_trial(book), float(number))
    assert book.importances() == {"tfidf.penalty": pytest.approx(1.0)}
