"""What trackers take from a run's journals."""

from pathlib import Path

from foldwise.journal import Journal
from foldwise.tracking.record import looks_of, run_record
from foldwise.training.run_scores import read_scores
from tests.tiny_competitions import tiny_regression
from tests.tiny_tfidf import train_tfidf
from tests.tracking.journaled_runs import begin, look


def test_every_figure_of_an_evaluation_is_a_curve_of_its_fold(tmp_path: Path) -> None:
    run = begin(tmp_path / "run")
    look(run, 0, 5, 0.5)
    look(run, 10, 5, 0.7)
    look(run, 2, 5, 0.6)
    points = run_record(run).points
    assert {(p.curve, p.step, p.value) for p in points if p.curve.startswith("fold-10/")} == {
        ("fold-10/train_loss", 5, 0.35),
        ("fold-10/validation_score", 5, 0.7),
        ("fold-10/seconds", 5, 0.5),
        ("fold-10/rate/layer_0", 5, 1e-4),
        ("fold-10/rate/head", 5, 1e-4),
    }
    assert [p.curve[:7] for p in points[::5]] == ["fold-0/", "fold-2/", "fold-10"]
    (first, *_) = Journal(run / "fold-0" / "journal.jsonl").events()
    assert first["time"].startswith("20")
    assert points[0].time > 1.7e9


def test_a_step_that_is_made_again_counts_once_and_undoes_what_came_after(tmp_path: Path) -> None:
    run = begin(tmp_path / "run")
    for step, score in ((2, 0.9), (4, 0.8), (6, 0.7), (4, 0.75), (6, 0.65)):
        look(run, 0, step, score)
    found = [(one["step"], one["score"]) for one in looks_of(run / "fold-0")]
    assert found == [(2, 0.9), (4, 0.75), (6, 0.65)]
    look(run, 0, 2, 0.3)  # begun anew after a collapse
    assert [(one["step"], one["score"]) for one in looks_of(run / "fold-0")] == [(2, 0.3)]


def test_a_run_begun_afresh_is_another_one(tmp_path: Path) -> None:
    run = begin(tmp_path / "run")
    first = run_record(run).key
    assert run_record(run).key == first
    Journal(run / "journal.jsonl").write("begun", identity="x")
    assert run_record(run).key != first


def test_settings_are_all_but_those_of_the_trackers(tmp_path: Path) -> None:
    settings = run_record(begin(tmp_path / "run")).settings
    assert settings["rates.top"] == 0.0002
    assert not [name for name in settings if name.startswith("tracking.")]


def test_scores_are_there_when_the_run_has_finished(tmp_path: Path) -> None:
    project = tiny_regression(tmp_path)
    folder = train_tfidf(project, "words").folder
    scores, own = run_record(folder).scores, read_scores(folder).scores["rmse"]
    assert scores["rmse"] == own.value
    assert scores["rmse/standard_error"] == own.standard_error
    assert [scores[f"rmse/fold-{k}"] for k in range(3)] == own.folds
    assert scores["seconds"] == read_scores(folder).seconds
    (folder / "scores.json").unlink()
    assert run_record(folder).scores == {}
