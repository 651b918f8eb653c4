from dataclasses import replace
from pathlib import Path

from foldwise.paths import Project
from foldwise.tuning.record import RecordedStudy, write_study_record
from foldwise.tuning.result import TuningResult
from tests.cli.calling import Foldwise
from tests.tuning.tiny_results import tiny_result


def test_a_report_is_written_where_it_is_said(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("report", "words")
    assert done.code == 0, done.err
    path = project.run("words") / "report.html"
    assert done.out.splitlines()[0] == f"report: {path}"
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len(list((project.run("words") / "report").glob("*.png"))) == 6


def test_several_runs_go_on_one_page_of_any_name(
    project: Project, foldwise: Foldwise, tmp_path: Path
) -> None:
    page = tmp_path / "both.html"
    done = foldwise("report", "words", "letters", "--output", page, "--json")
    assert done.code == 0, done.err
    assert done.json["report"] == str(page)
    assert all(Path(picture).is_file() for picture in done.json["pictures"])


def test_a_page_replaces_a_file_or_pictures_only_when_told_to(
    project: Project, foldwise: Foldwise, tmp_path: Path
) -> None:
    page, picture = tmp_path / "mine.html", tmp_path / "mine" / "mine.png"
    page.write_text("what I wrote")
    done = foldwise("report", "words", "--output", page)
    assert (done.code, page.read_text()) == (2, "what I wrote")
    assert f"reports are written to a new file, but {page} is there already; name" in done.err

    page.unlink()
    picture.parent.mkdir()
    picture.touch()
    done = foldwise("report", "words", "--output", page)
    assert (done.code, page.exists()) == (2, False)
    assert f"but {picture.parent} holds PNGs already; name another page, or add" in done.err

    page.write_text("what I wrote")
    assert foldwise("report", "words", "--output", page, "--replace").code == 0
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert picture.exists()
    assert foldwise("report", "words", "--replace").code == 2  # of no file


def test_a_run_that_is_not_there_is_refused_with_the_nearest_name(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("report", "wrods")
    assert done.code == 2
    assert "words" in done.err


def study(project: Project, name: str, result: TuningResult) -> Path:
    folder = project.root / "runs" / name
    folder.mkdir()
    write_study_record(folder, RecordedStudy(result))
    return folder


def test_a_study_is_found_by_the_name_it_was_given(project: Project, foldwise: Foldwise) -> None:
    folder = study(project, "tn.tuning", tiny_result())
    done = foldwise("report", "tn")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == f"report: {folder / 'report.html'}"


def test_a_study_without_a_finished_trial_is_no_page(project: Project, foldwise: Foldwise) -> None:
    whole = tiny_result()
    pruned = [t for t in whole.trials if t.outcome.state == "pruned"]
    assert len(pruned) == 1
    study(project, "young.tuning", replace(whole, trials=pruned, best=None, cross_fitted=None))
    (project.root / "runs" / "new.tuning").mkdir()
    (project.root / "runs" / "new.tuning" / "study.db").touch()
    done = foldwise("report", "young", "new.tuning")
    assert done.code == 3
    assert "'young.tuning' has none: 1 trial: 1 pruned; pruning: " in done.err
    assert "'new.tuning' has none: none was written down yet; go on" in done.err
    assert done.err.endswith("foldwise tune EXPERIMENT --name new\n")
    assert not list(project.root.glob("runs/*.tuning/report*"))
