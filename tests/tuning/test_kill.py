"""The driver and its workers are killed with SIGKILL at random moments."""

import json
import os
import subprocess
import sys
from pathlib import Path

from foldwise.journal import Journal
from foldwise.paths import Project
from tests.tuning.tiny_studies import ROOT, study_of, tiny_project

TRIALS, KILLS = 9, 10


def settled_of(project: Project, trials: int) -> list[tuple[object, ...]]:
    """What each trial of a study that has ended was, and how it ended."""
    ledger, _ = study_of(project, trials)  # trains nothing more
    return [(t.values["tfidf.penalty"], t.outcome.state, t.outcome.score) for t in ledger.settled()]


def test_a_study_killed_at_many_moments_has_the_trials_it_should_have_and_none_twice(
    tmp_path: Path,
) -> None:
    whole = tiny_project(tmp_path / "whole")
    expected = settled_of(whole, TRIALS)
    project = tiny_project(tmp_path / "killed")

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.tuning.kill_server",
            str(project.root),
            str(TRIALS),
            str(KILLS),
        ],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["code"] == 0, done.stderr
    assert outcome["driver"] == KILLS
    assert outcome["worker"] == TRIALS // 2  # in every other trial
    # the same settings in the same order, with the same ends and scores, as if nothing had happened
    found = settled_of(project, TRIALS)
    assert found == expected
    assert len({penalty for penalty, *_ in found}) == TRIALS
    # no trial that had ended was begun again, and no finished fold trained again
    ended: set[int] = set()
    for event in Journal(project.run("words.tuning") / "journal.jsonl").events():
        if event["event"] == "begun":
            assert event["trial"] not in ended
        if event["event"] in {"finished", "pruned", "failed"}:
            ended.add(event["trial"])
    for path in project.root.glob("runs/words.tuning.trial-*/trained.txt"):
        folds = path.read_text().split()
        assert len(folds) == len(set(folds))
    assert len(list(project.root.glob("runs/words.tuning.trial-*"))) == TRIALS
