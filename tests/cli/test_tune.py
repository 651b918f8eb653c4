"""`foldwise tune`: whole studies of TF-IDF, trained by real workers."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from foldwise.errors import counted
from foldwise.journal import Journal
from foldwise.locks import only_driver_of
from foldwise.paths import Project
from foldwise.settings import load_experiment
from foldwise.tuning.record import read_study
from foldwise.tuning.trials import SETTLED
from tests.cli.calling import Foldwise, start
from tests.forked_workers import ForkedEngine

RANGES = """competition = "tiny-regression"
kind = "tfidf"
[tfidf]
penalty = { low = 0.01, high = 100.0, log = true }
min_rows = { low = 1, high = 3 }
"""


@pytest.fixture
def tuned(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, with an experiment `some-tune`; workers of this process are forked."""
    monkeypatch.setattr("foldwise.cli.engines.LocalEngine", ForkedEngine)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "src"))
    (project.root / "experiments" / "some-tune.toml").write_text(RANGES)
    return project


def test_a_study_ends_with_an_experiment_pages_and_pictures(
    tuned: Project, foldwise: Foldwise
) -> None:
    done = foldwise("tune", "some-tune", "--trials", "3", "--json")
    assert done.code == 0, done.err
    found = done.json
    assert [t["number"] for t in found["trials"]] == [0, 1, 2]
    assert found["trials"][0]["values"] == {"tfidf.penalty": 1.0, "tfidf.min_rows": 2}
    # the score is that of the run, which is a run like any other
    best = next(t for t in found["trials"] if t["number"] == found["best"])
    scores = json.loads((tuned.run(best["run"]) / "scores.json").read_text())
    assert scores["scores"]["rmse"]["value"] == best["outcome"]["score"]
    # the best settings are an experiment with two comment lines
    written = tuned.root / "experiments" / "some-tuned.toml"
    assert found["written"] == str(written)
    lines = written.read_text().splitlines()
    assert lines[0].startswith(f"# some-tune with the values of trial {found['best']}, the best of")
    assert lines[1].startswith("# Expect rmse ")
    assert "optimistic since it is the best of them" in lines[1]
    chosen = load_experiment(written)
    assert chosen.tfidf.penalty == best["values"]["tfidf.penalty"]
    assert load_experiment(tuned.run(best["run"]) / "settings.toml") == chosen
    assert (tuned.run("some-tune.tuning") / "history.png").is_file()

    # a second time nothing is trained, and a file that a user changed is kept
    written.write_text(written.read_text() + "# mine\n")
    again = foldwise("tune", "some-tune", "--trials", "3")
    assert again.code == 0
    assert "is no file of this study, and is kept" in again.err
    assert written.read_text().endswith("# mine\n")
    assert "trial 0:" not in again.err
    assert again.out.startswith("some-tune.tuning: 3 trials of some-tune on 40 rows")

    # neither the study nor its trials crowd the list of runs
    listed = foldwise("runs")
    assert "some-tune" not in listed.out
    assert "runs of studies are not shown: 3" in listed.out


def test_a_fresh_study_replaces_the_experiment_of_the_one_that_it_sets_aside(
    tuned: Project, foldwise: Foldwise
) -> None:
    written, texts = tuned.root / "experiments" / "some-tuned.toml", []
    for trials in ("2", "1"):
        done = foldwise("tune", "some-tune", "--trials", trials, "--fresh")
        assert done.code == 0, done.err
        assert "is kept; the best settings" not in done.err
        texts.append(written.read_text())
    assert texts[0] != texts[1]


def test_a_driver_killed_in_a_trial_goes_on_with_the_same_command(
    tuned: Project, foldwise: Foldwise
) -> None:
    driver = start(tuned.root, "tune", "some-tune", "--trials", "3")
    journal = Journal(tuned.run("some-tune.tuning") / "journal.jsonl")
    while len(list(journal.events("begun"))) < 2 and driver.poll() is None:
        time.sleep(0.02)
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    found = foldwise("tune", "some-tune", "--trials", "3", "--json").json
    assert len(found["trials"]) == 3
    assert len({json.dumps(t["values"]) for t in found["trials"]}) == 3
    assert {t["outcome"]["state"] for t in found["trials"]} <= {"finished", "pruned"}
    for run in tuned.root.glob("runs/some-tune.tuning.trial-*"):
        assert not list(run.rglob("*.tmp"))


def test_a_stop_leaves_with_130_and_says_what_is_known_so_far(
    tuned: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a study of TF-IDF needs no transformers, whose import takes longer than its trials
    (tuned.root / "absent").mkdir()
    (tuned.root / "absent" / "transformers.py").write_text("raise ImportError('not needed')")
    monkeypatch.setenv("PYTHONPATH", f"{tuned.root / 'absent'}:{os.environ['PYTHONPATH']}")
    driver = start(tuned.root, "tune", "some-tune", "--trials", "40")
    journal = Journal(tuned.run("some-tune.tuning") / "journal.jsonl")
    while len(list(journal.events("finished"))) < 1 and driver.poll() is None:
        time.sleep(0.02)
    driver.send_signal(signal.SIGINT)
    _, told = driver.communicate()
    assert driver.returncode == 130
    page = tuned.run("some-tune.tuning") / "tuning.md"
    settled = [t for t in read_study(page.parent).result.trials if t.outcome.state in SETTLED]
    known = counted(len(settled), "trial has", "trials have")
    assert f"What {known} shown so far is in {page}" in " ".join(told.split())
    assert "## The best" in page.read_text()
    # the same command goes on; of what was stopped it was said that it is queued
    ended = len({event["trial"] for event in journal.events("finished")})
    wanted = str(ended + 1)
    again = foldwise("tune", "some-tune", "--trials", wanted, "--json")
    assert again.code == 0, again.err
    for event in journal.events("queued again"):
        assert f"trial {event['trial']}: queued again (stopped)" in told


def test_a_fresh_study_keeps_the_old_one_and_its_trials_aside(
    tuned: Project, foldwise: Foldwise
) -> None:
    assert foldwise("tune", "some-tune", "--trials", "2").code == 0
    before = json.loads((tuned.run("some-tune.tuning") / "tuning.json").read_text())
    refused = foldwise("tune", "some-tune", "--trials", "2", "--pruner", "none")
    assert refused.code == 2
    assert "set this one aside (--fresh)" in refused.err
    done = foldwise("tune", "some-tune", "--trials", "1", "--pruner", "none", "--fresh", "--json")
    assert done.code == 0, done.err
    assert len(done.json["trials"]) == 1
    (aside,) = tuned.root.glob("runs/.some-tune.tuning.*")
    assert json.loads((aside / "tuning.json").read_text()) == before
    assert {path.name for path in aside.glob("*.trial-*")} == {t["run"] for t in before["trials"]}
    assert len(list(tuned.root.glob("runs/some-tune.tuning.trial-*"))) == 1


def test_a_second_driver_is_refused_and_a_damaged_study_is_no_traceback(
    tuned: Project, foldwise: Foldwise
) -> None:
    with only_driver_of(tuned.run("some-tune.tuning")):
        done = foldwise("tune", "some-tune")
    assert done.code == 2
    assert f"is in use by process {os.getpid()}" in done.err
    (tuned.run("some-tune.tuning") / "study.db").write_bytes(b"no database" * 999)
    done = foldwise("tune", "some-tune")
    assert done.code == 5
    assert "file is not a database" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["words"], "nothing to tune: give a setting a range"),
        (["words", "seed={ low = 1, high = 9 }"], "seed is never tuned: the best of several seeds"),
        (
            ["some-tune", "other"],
            "takes one experiment and settings as key=value, got also",
        ),
        (["some-tune", "--trials", "0"], "--trials"),
        (["some-tune", "--level", "2"], "--level is a chance between 0 and 1"),
        (["some-tune", "--with", "nothing"], "run 'nothing' does not exist"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_written(
    tuned: Project, foldwise: Foldwise, words: list[str], message: str
) -> None:
    done = foldwise("tune", *words)
    assert done.code in {2, 3}
    assert message in done.err
    assert not list(tuned.root.glob("runs/*.tuning*"))


def test_train_says_what_a_range_is_for(tuned: Project, foldwise: Foldwise) -> None:
    done = foldwise("train", "some-tune")
    assert done.code == 2
    assert "tfidf.penalty is a range, which only tuning resolves" in done.err
