import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib.image import imread

from foldwise.competition.metrics import Score
from foldwise.errors import DataError, UsageError
from foldwise.paths import Project
from foldwise.reporting.headline import headline
from foldwise.reporting.page import Page, html_of
from foldwise.reporting.report import default_path, page_of, write_report
from foldwise.reporting.reported_run import read_runs
from foldwise.reporting.section import Block, Section
from foldwise.reporting.shading import plain_part
from foldwise.reporting.side_by_side import side_by_side
from foldwise.reporting.tuning_section import tuning_block
from foldwise.storage import read_json, write_json, write_text
from foldwise.training.run_scores import read_scores
from foldwise.tuning.record import RecordedStudy, write_study_record
from tests.tuning.test_pictures import CURVES
from tests.tuning.tiny_results import tiny_result


def page(project: Project, *names: str) -> Page:
    return page_of(project, names, lambda _message: None)


def plots(found: Page, section: str) -> list[str]:
    """The titles of a section's plots."""
    blocks = [block for each in found.sections if each.key == section for block in each.blocks]
    return [plot.title for block in blocks for plot in block.plots]


def sentences(found: Page) -> str:
    blocks = [block for each in found.sections for block in each.blocks]
    return " ".join(line for block in blocks for line in block.sentences)


def test_a_regression_shows_scores_curves_rates_errors_and_shaded_rows(project: Project) -> None:
    found = page(project, "attention")
    assert [each.key for each in found.sections] == ["score", "training", "errors", "rows", "data"]
    assert plots(found, "score") == ["Score and what to expect", "Folds"]
    expected = ["Training loss", "Validation score", "Learning rate by layer group"]
    assert plots(found, "training") == expected
    assert plots(found, "errors") == ["True against predicted", "Error by length"]
    assert plots(found, "data") == ["Lengths", "Distribution of target"]

    # the score is the run's own, with its noise
    scores = read_scores(project.run("attention"))
    own = scores.scores["rmse"]
    fact = found.sections[0].blocks[0].facts[0]
    assert fact.value == f"{own.value:.4f} ± {own.standard_error:.4f}"

    # the worst rows stand in the order of their errors, with a weight on each token
    rows = found.sections[3].blocks[0].rows
    errors = [abs(float(re.findall(r"\(([-+].*)\)", row.facts[1])[0])) for row in rows]
    assert errors == sorted(errors, reverse=True)
    shades = [span.shade for row in rows for part in row.parts for span in part if span.weight]
    assert max(shades) == 1.0
    assert len(shades) > len(rows)


def test_the_words_of_a_linear_model_are_shaded_by_what_they_add_to_its_prediction(
    project: Project,
) -> None:
    found = page(project, "words")
    (block,) = next(each for each in found.sections if each.key == "rows").blocks
    assert "Orange words raise the predicted target, blue ones lower it" in " ".join(
        block.sentences
    )
    # by the model of the row's fold: what words add, and that model's constant, is the prediction
    constants: dict[str, list[float]] = {}
    for row in block.rows:
        added = [float(span.weight) for part in row.parts for span in part if span.weight]
        predicted = float(row.facts[1].split()[1])
        constants.setdefault(row.facts[-1], []).append(predicted - sum(added))
    assert any(len(of) > 1 for of in constants.values())
    for of in constants.values():
        assert of == pytest.approx([of[0]] * len(of), abs=0.02)
    shades = [span.shade for row in block.rows for part in row.parts for span in part]
    assert min(shades) < 0 < max(shades)
    html = html_of(replace(found, sections=[Section("rows", "Rows", [block])]))
    assert '<span class="w against" style="--a:' in html


def test_private_scores_that_were_not_expected_are_marked(project: Project) -> None:
    (run,) = read_runs(project, ["words"])
    expected = run.expected.scores["rmse"]
    inside = replace(run, private={"rmse": Score(expected.value, 0.1, 9)})
    outside = replace(run, private={"rmse": Score(expected.high + 0.1, 0.1, 9)})
    assert (inside.outside, outside.outside) == ([], ["rmse"])
    for told, mark in ((inside, ""), (outside, "\u00a0*")):
        block = headline(told)
        shown = f"{told.private['rmse'].value:.4f} ± 0.1000{mark}"
        assert shown in [fact.value for fact in block.facts]
        assert shown in [row[-1] for row in block.tables[0].rows]
        (table,) = side_by_side(project, [told]).tables
        assert shown in [row[-1] for row in table.rows]
    assert any(s.startswith("*: 1 of 1 private score lies outside") for s in block.sentences)


def test_a_classification_shows_confusion_reliability_and_each_label(project: Project) -> None:
    found = page(project, "labels")
    titles = ["Confusion of labels", "Reliability", "Accuracy by length"]
    assert plots(found, "errors") == titles
    table = next(s for s in found.sections if s.key == "errors").blocks[0].tables[0]
    assert [row[0] for row in table.rows] == ["dull", "fair", "fine"]
    assert sum(int(row[-1]) for row in table.rows) == 45
    assert "learns no weights of tokens" in sentences(found)  # a mean: it says why nothing is dark


def test_an_ensemble_shows_its_members_and_why_it_has_no_curves(project: Project) -> None:
    found = page(project, "blend")
    titles = ["Weights", "What each member adds", "How alike errors are"]
    assert plots(found, "ensemble") == titles
    assert plots(found, "training") == []
    assert "An ensemble is not trained" in sentences(found)
    members = next(s for s in found.sections if s.key == "ensemble").blocks[0].tables[0]
    assert [row[0] for row in members.rows] == ["attention", "words"]


def test_an_ensemble_whose_member_has_changed_says_so(project: Project, tmp_path: Path) -> None:
    shutil.copytree(project.root, tmp_path / "copy")
    copy = Project(tmp_path / "copy")
    shutil.rmtree(copy.run("words"))
    assert "needs its member 'words'" in sentences(page(copy, "blend"))


def test_an_ensemble_of_other_weights_than_its_members_give_says_so(
    project: Project, tmp_path: Path
) -> None:
    shutil.copytree(project.root, tmp_path / "copy")
    copy = Project(tmp_path / "copy")
    path = copy.run("blend") / "ensemble.json"
    record = read_json(path)
    first, second = record["weights"]
    write_json(path, record | {"weights": [first - 1e-4, second + 1e-4]})
    found = page(copy, "blend")
    assert plots(found, "ensemble") == []
    assert "as another version of Foldwise blended it" in sentences(found)


def test_several_runs_stand_side_by_side(project: Project) -> None:
    found = page(project, "attention", "words")
    assert found.sections[0].key == "scores"
    titles = ["Scores and what to expect", "Difference from attention"]
    assert plots(found, "scores") == titles
    for each in found.sections[1:-1]:  # the data is the same for both
        assert [block.run for block in each.blocks] == ["attention", "words"][: len(each.blocks)]
    assert "it has no curves" in sentences(found)


def test_a_study_is_shown_from_its_record(project: Project, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(project.root, root)
    copy = Project(root)
    study = RecordedStudy(tiny_result(), "", {"rates.top": 0.7, "pooling.kind": 0.3}, CURVES)
    write_study_record(root / "runs" / "words.tuning", study)
    titles = ["Trials", "What mattered", "Values of all trials", "Rates of the best 2"]
    assert plots(page(copy, "words"), "tuning") == titles  # a run leads to the study of its name
    alone = page(copy, "words.tuning")
    assert [each.key for each in alone.sections] == ["tuning"]
    assert html_of(alone).count("<svg") == 4


def test_a_study_without_a_finished_trial_says_so(tmp_path: Path) -> None:
    (tmp_path / "young.tuning").mkdir()
    block = tuning_block(tmp_path / "young.tuning")
    assert list(block.sentences) == ["No trial has been written down yet."]


def test_the_page_and_its_pictures_are_the_same_each_time(project: Project, pages: Path) -> None:
    first = write_report(project, ["labels"], pages / "first.html")
    second = write_report(project, ["labels"], pages / "second.html")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert len(first.pictures) == first.path.read_text().count("<svg") == 10
    for mine, other in zip(first.pictures, second.pictures, strict=True):
        assert mine.read_bytes() == other.read_bytes()
        assert imread(mine).shape[1] == 1000


def test_where_a_report_is_written(project: Project) -> None:
    folder = project.run("attention")
    assert default_path(project, ["attention"]) == folder / "report.html"
    both = default_path(project, ["attention", "words"])
    assert both == folder / "report-with-words.html"


def test_what_cannot_be_reported_on_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="differ, got attention, attention"):
        write_report(project, ["attention", "attention"])
    with pytest.raises(UsageError, match="on 1 to 8 runs, got 9"):
        write_report(project, [f"run{i}" for i in range(9)])
    with pytest.raises(DataError, match="are of one competition, got attention of tiny-regression"):
        write_report(project, ["attention", "labels"])
    with pytest.raises(DataError, match="'none' does not exist"):
        write_report(project, ["none"])


HOSTILE = (
    "</script><script>bad()</script>", "<img src=x onerror=bad()>", '"\' onload="bad()',
    "NUL \x00 and \x0b", "\u202eturned \u2066never closed", "{{ 7 * 7 }} {% raw %}", "&lt;b&gt;",
)  # fmt: skip


class Elements(HTMLParser):
    """The elements of a page, their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_texts_and_labels_are_shown_and_do_nothing(project: Project, pages: Path) -> None:
    root = pages / "hostile"
    shutil.copytree(project.root, root)
    copy = Project(root)
    path = copy.competition("tiny-classification") / "competition.toml"
    write_text(path, path.read_text().replace('title = "', f'title = "{HOSTILE[0]}'))
    found = page(copy, "labels")
    rows = next(each for each in found.sections if each.key == "rows").blocks[0].rows
    hostile = [
        replace(row, id=text, facts=[text], parts=[plain_part(text)])
        for row, text in zip(rows, HOSTILE, strict=False)
    ]
    shown = replace(found, sections=[Section("rows", "Rows", [Block("r", rows=hostile)])])
    read = Elements(html_of(shown))
    plain = Elements(html_of(replace(shown, sections=[], subtitle="plain")))
    # nothing became an element of its own that the page without these texts has not
    assert read.tags.count("script") == plain.tags.count("script") == 1
    assert "img" not in read.tags
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    for text in HOSTILE[:3]:
        assert text in read.text
    assert "\x00" not in html_of(shown)
    assert "\u202e" not in html_of(shown)


def test_nothing_on_a_page_leads_elsewhere(project: Project) -> None:
    text = html_of(page(project, "labels"))
    read = Elements(text)
    leads = {name for name, _ in read.attributes} & {"src", "srcset", "action", "data", "poster"}
    assert not leads
    links = [value or "" for name, value in read.attributes if name.endswith("href")]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"https?:|@import|url\((?!#)", text)
