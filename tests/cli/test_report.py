from pathlib import Path

from foldwise.paths import Project
from tests.cli.calling import Foldwise


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


def test_a_run_that_is_not_there_is_refused_with_the_nearest_name(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("report", "wrods")
    assert done.code == 2
    assert "words" in done.err
