"""How a training is shown."""

import sys

import pytest

from foldwise.cli.output import Output
from foldwise.cli.progress import Lines, shown_progress
from foldwise.training.progress import Progress, ignore


def test_a_log_gets_a_line_at_the_end_of_each_fold(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress(Output(json=False), "a") as report:
        report(Progress(0, "train", 1, 10))
        report(Progress(0, "train", 2, 10, 0.5))
        report(Progress(0, "done", 1, 1, 0.5))
    assert capsys.readouterr().err.splitlines() == [
        "a fold 0: from step 1 of 10",  # also where a stopped training goes on
        "a fold 0: done, best 0.5000",
    ]


def test_a_log_gets_a_line_now_and_then_with_the_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("foldwise.cli.progress.time.monotonic", lambda: now)
    lines = Lines(Output(json=False), "a")
    lines(Progress(1, "train", 5, 105))  # resumed: the first five steps took no time
    for step in range(6, 46):
        now += 1.0
        lines(Progress(1, "train", step, 105, 0.25))
    assert capsys.readouterr().err.splitlines() == [
        "a fold 1: from step 5 of 105",
        "a fold 1: train 20/105, 1:25 left, best 0.2500",
        "a fold 1: train 35/105, 1:10 left, best 0.2500",
    ]


def test_quiet_shows_no_progress() -> None:
    with shown_progress(Output(json=False, level=-1), "a") as report:
        assert report is ignore


def test_a_terminal_gets_a_bar_a_fold_one_run_after_the_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for run in ("first", "second"):
        with shown_progress(Output(json=False), run) as report:
            report(Progress(0, "train", 3, 10, 0.5))
            report(Progress(1, "train", 3, 10))
            report(Progress(0, "predict", 2, 6))
            report(Progress(0, "done", 1, 1, 0.5))
    shown = capsys.readouterr().err
    drawn = [line for line in shown.replace("\r", "\n").splitlines() if "second" in line]
    assert "second fold 0 done" in drawn[-2]
    assert "best 0.5000" in drawn[-2]
    assert "second fold 1 train" in drawn[-1]
    assert "3/10" in drawn[-1]
