"""Whole studies, trained by processes that only pretend to."""

import math
import signal
import threading
from pathlib import Path

import pytest

from foldwise.errors import DataError, FoldFailed, Interrupted, UsageError
from foldwise.journal import Journal
from foldwise.training.stopping import StopRequest
from foldwise.tuning.page import remarks
from foldwise.tuning.plan import planned
from foldwise.tuning.request import TuneRequest
from foldwise.tuning.result import TuningResult, tuning_result
from tests.tuning.fake_cluster import FakeCluster
from tests.tuning.tiny_studies import fake_worker, study_of, tiny_project


def result_of(root: Path, trials: int = 6, **options: object) -> TuningResult:
    project = tiny_project(root)
    ledger, judge = study_of(project, trials, **options)  # type: ignore[arg-type]
    plan = planned(project, TuneRequest("words"))
    return tuning_result(plan, ledger, judge, pruner="paired", level=0.05)


def test_bad_trials_are_dropped_with_the_evidence_and_have_no_score(tmp_path: Path) -> None:
    found = result_of(tmp_path, trials=10)
    pruned = found.of_state("pruned")
    assert pruned
    for trial in pruned:
        assert trial.outcome.score is None
        assert "on the same rows (p = " in trial.outcome.reason
        assert 0 < trial.outcome.spent.share < 1
    assert found.saved_seconds > 0
    assert found.log_ranges == ["tfidf.penalty"]
    best = found.best_trial()
    assert best is not None
    # the nearer to 1 a penalty is, the better: the best is the nearest of all, dropped or not
    far = {t.number: abs(math.log10(t.values["tfidf.penalty"])) for t in found.trials}
    assert best.number == min(far, key=far.__getitem__)
    assert "saved by dropping trials early" in remarks(found)[-1]


def test_without_a_pruner_every_trial_finishes(tmp_path: Path) -> None:
    found = result_of(tmp_path, trials=4, pruner="none")
    assert len(found.of_state("finished")) == 4
    assert found.spent.seconds == 4 * 3.0  # three folds of a second
    assert found.cross_fitted is not None
    assert set(found.cross_fitted.chosen) == {0, 1, 2}


@pytest.mark.parametrize("pruner", ["median", "wilcoxon"])
def test_optunas_pruners_are_asked_too(tmp_path: Path, pruner: str) -> None:
    found = result_of(tmp_path, trials=9, pruner=pruner)
    assert len(found.trials) == 9
    reasons = [t.outcome.reason for t in found.of_state("pruned")]
    assert all(f"by Optuna's {pruner} pruner" in reason for reason in reasons)
    # three folds are too few for Wilcoxon's test
    assert bool(reasons) == (pruner == "median")


def test_a_trial_that_diverges_fails_and_the_others_go_on(tmp_path: Path) -> None:
    found = result_of(tmp_path, trials=4, command=fake_worker(0.0, 0.0, 3.0))
    assert next(t.outcome.state for t in found.trials) == "failed"
    assert found.trials[0].outcome.reason == "the loss is NaN"
    assert len(found.trials) == 4


def test_a_trial_whose_settings_leave_nothing_of_good_data_fails_by_itself(tmp_path: Path) -> None:
    found = result_of(tmp_path, trials=3, command=fake_worker(0.0, 0.0, 0.0, 3.0))
    # it would otherwise be queued again, and end every call that goes on
    assert (found.trials[0].outcome.state, found.trials[0].outcome.reason) == (
        "failed",
        "no n-grams",
    )
    assert len(found.trials) == 3


def test_a_study_whose_data_are_gone_ends_and_its_trial_is_queued_again(tmp_path: Path) -> None:
    project = tiny_project(tmp_path)
    train = project.competition("tiny-regression") / "train.csv"
    text = train.read_text()

    said: list[str] = []

    def say(words: str) -> None:
        if not said:  # the trial begins
            train.unlink()
        said.append(words)

    with pytest.raises(DataError, match="no n-grams"):
        study_of(project, 2, say=say, command=fake_worker(0.0, 0.0, 0.0, 3.0))
    assert said[1] == "trial 0: queued again (DataError)"
    train.write_text(text)
    ledger, _ = study_of(project, 2)
    assert ledger.settled()[0].outcome.state == "finished"


def test_a_worker_that_dies_twice_in_one_trial_fails_it(tmp_path: Path) -> None:
    said: list[str] = []
    found = result_of(tmp_path, trials=3, command=fake_worker(0.0, 3.0), say=said.append)
    first, *others = found.trials
    assert [words for words in said if "died" in words and "failed" not in words] == [
        "trial 0: its worker died (exit code 9; a negative one is a signal); another one goes on "
        "with it"
    ]
    assert (first.outcome.state, first.deaths) == ("failed", 2)
    assert "its worker died 2 times (exit code 9" in first.outcome.reason
    assert all(t.outcome.state in {"finished", "pruned"} for t in others)


def test_a_study_in_which_nothing_finishes_ends_with_the_reasons(tmp_path: Path) -> None:
    project = tiny_project(tmp_path)
    command = ["false"]
    with pytest.raises(FoldFailed) as raised:
        study_of(project, 9, command=command)
    assert len(raised.value.complaints) == 3


def test_two_workers_share_the_trials(tmp_path: Path) -> None:
    found = result_of(tmp_path, trials=5, workers=2, command=fake_worker(0.05))
    assert len(found.trials) == 5
    assert len({str(t.values) for t in found.trials}) == 5


@pytest.mark.timeout(120)
@pytest.mark.parametrize("notices_after", [0.0, 0.5])
def test_a_study_goes_on_where_a_machine_is_lost_and_no_other_has_room(
    tmp_path: Path, notices_after: float
) -> None:
    project, cluster = tiny_project(tmp_path), FakeCluster(2, notices_after)
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if text.startswith("trial 2:") and cluster.machines == 2:
            cluster.lose_one()

    ledger, _ = study_of(
        project, 5, workers=2, engine=cluster, say=say, pruner="none", command=fake_worker(0.1)
    )
    assert [t.outcome.state for t in ledger.settled()] == ["finished"] * 5
    (again,) = [text for text in said if "queued again" in text]  # else nothing was lost
    assert again.endswith("no machine has a place for it)")
    assert any("its worker died (exit code " in text for text in said)
    assert max(t.deaths for t in ledger.settled()) == 1
    for trial in ledger.settled():  # nothing twice
        trained = (project.run(trial.run) / "trained.txt").read_text()
        assert sorted(trained.split()) == ["0", "1", "2"]


@pytest.mark.timeout(120)
def test_a_study_without_any_machine_ends_with_the_reason_and_no_trial_has_failed(
    tmp_path: Path,
) -> None:
    project, cluster = tiny_project(tmp_path), FakeCluster(1)

    def say(text: str) -> None:
        if text.startswith("trial 0:") and cluster.machines:
            threading.Timer(0.3, cluster.lose_one).start()  # once its worker has a machine

    with pytest.raises(FoldFailed, match="no machine can hold a worker any more"):
        study_of(
            project, 2, workers=1, engine=cluster, say=say, pruner="none", command=fake_worker(30.0)
        )
    ledger, _ = study_of(project, 2, pruner="none")
    assert [t.outcome.state for t in ledger.settled()] == ["finished"] * 2


def test_a_stop_leaves_a_study_that_goes_on(tmp_path: Path) -> None:
    project, stop = tiny_project(tmp_path), StopRequest()

    def say(text: str) -> None:
        if text.startswith("trial 2:"):
            stop.ask(signal.SIGINT)

    with pytest.raises(Interrupted):
        # so slow that it cannot end before the stop is passed on
        study_of(project, 5, stop=stop, say=say, pruner="none", command=fake_worker(0.4))
    ledger, _ = study_of(project, 5, pruner="none")
    assert len(ledger.settled()) == 5
    events = Journal(project.run("words.tuning") / "journal.jsonl").events("queued again")
    assert [event["trial"] for event in events] == [2]


def test_no_trial_begins_after_the_time_given_and_the_same_call_goes_on(tmp_path: Path) -> None:
    project = tiny_project(tmp_path)
    assert study_of(project, 3, max_seconds=0.0)[0].trials() == []
    assert len(study_of(project, 3)[0].trials()) == 3
    assert len(study_of(project, 3)[0].trials()) == 3  # there are enough
    assert len(study_of(project, 4)[0].trials()) == 4  # one more


def test_a_study_goes_on_only_with_what_it_was_begun_with(tmp_path: Path) -> None:
    project = tiny_project(tmp_path)
    study_of(project, 1)
    with pytest.raises(UsageError) as raised:
        study_of(project, 2, overrides=("tfidf.min_rows=1",), folds=(0, 1))
    message = str(raised.value)
    assert "settings: tfidf.min_rows: the study has 2, now asked for 1" in message
    assert "folds trained: the study has [0, 1, 2], now asked for [0, 1]" in message
    wider = "tfidf.penalty={ low = 1e-4, high = 1e3, log = true, default = 3.0 }"
    with pytest.raises(UsageError, match=r"ranges: tfidf.penalty: the study has \[0.001, 1000"):
        study_of(project, 2, overrides=(wider,))
    train = project.competition("tiny-regression") / "train.csv"
    train.write_text(train.read_text().replace("film", "movie"))
    with pytest.raises(UsageError, match="data: changed since the study began"):
        study_of(project, 2)


def test_a_gpu_is_not_shared_by_measuring_and_nothing_is_begun(tmp_path: Path) -> None:
    project = tiny_project(tmp_path)
    with pytest.raises(UsageError, match=r"tune shares a GPU by a number.*got 'auto'"):
        study_of(project, 1, overrides=("hardware.jobs_per_gpu=auto",))
    assert list(tmp_path.glob("runs/*/*.db")) == []
    assert len(study_of(project, 1)[0].trials()) == 1


def test_a_trial_is_trained_by_one_process(tmp_path: Path) -> None:
    top = "rates.top={ low = 1e-5, high = 1e-3, log = true, default = 1e-4 }"
    project = tiny_project(tmp_path, 'competition = "tiny-regression"\n')
    with pytest.raises(UsageError, match=r"a trial in one process; got hardware\.processes=2"):
        study_of(project, 1, overrides=(top, "hardware.processes=2"))
    assert list(tmp_path.glob("runs/*/*.db")) == []


def test_only_the_best_trial_keeps_its_evaluations(tmp_path: Path) -> None:
    found = result_of(tmp_path, trials=5)
    best = found.best_trial()
    assert best is not None
    kept = {path.parent.name for path in tmp_path.glob("runs/*.trial-*/looks")}
    assert kept == {best.run}
