"""A finished run in tables and pictures."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from foldwise.errors import DataError, UsageError
from foldwise.exploring import read_run
from foldwise.paths import Project
from foldwise.pipeline.attention import member_weights
from foldwise.training.run_scores import read_scores


@pytest.mark.parametrize("name", ["looks", "words", "labels", "pairs", "blend"])
def test_every_kind_of_run_has_scores_errors_and_worst_rows(name: str, project: Project) -> None:
    run = read_run(name, project)
    own = read_scores(project.run(name))
    assert run.scores().loc[own.metric, "score"] == own.scores[own.metric].value
    assert len(run.errors().png) > 5_000
    worst = run.worst(3)
    assert worst["error"].is_monotonic_decreasing
    assert len(worst) == 3


def test_the_worst_rows_are_aligned_by_id(project: Project) -> None:
    run = read_run("words", project)
    train, oof = run.loaded.train, run.oof
    assert train.ids == oof.ids
    assert train.targets is not None
    errors = np.abs(oof.values[:, 0] - train.targets[:, 0])
    at = int(errors.argmax())
    row = run.worst(1).iloc[0]
    assert run.worst(1).index[0] == oof.ids[at]
    assert (row["text"], row["error"]) == (train.texts[at][0], errors[at])
    assert (row["true"], row["predicted"]) == (train.targets[at, 0], oof.values[at, 0])


def test_classes_are_called_by_their_labels(project: Project) -> None:
    worst = read_run("labels", project).worst(45)
    assert set(worst["true"]) == {"dull", "fair", "fine"}
    assert worst["error"].between(0, 1).all()


def test_curves_and_rates_are_of_the_journals(project: Project) -> None:
    run = read_run("looks", project)
    assert len(run.curves().png) > 5_000
    assert len(run.rates().png) > 5_000


@pytest.mark.parametrize("name", ["words", "blend"])
def test_what_has_no_curves_says_so(name: str, project: Project) -> None:
    for show in (read_run(name, project).curves, read_run(name, project).rates):
        with pytest.raises(UsageError, match="curves and rates are of trained encoders, and"):
            show()


def test_words_are_shaded_by_attention_or_contribution(project: Project) -> None:
    shown = read_run("looks", project).words("a good film")
    assert "attention" in shown.note
    assert shown._repr_html_().count("<span") == 3
    added = read_run("words", project).words("a good film", "bad")
    assert added.note.endswith("(of target)")
    assert [heading.split()[0] for heading in added.headings] == ["target", "target"]
    of_pair = read_run("pairs", project).words(("good", "an awful film"))
    assert [part.text for part in of_pair.texts[0]] == ["good", "an awful film"]


def test_a_run_that_has_not_finished_is_refused(project: Project) -> None:
    with pytest.raises(DataError, match="run 'nothing' does not exist"):
        read_run("nothing", project)


def test_a_run_of_other_rows_than_those_that_are_there_is_refused(
    project: Project, tmp_path: Path
) -> None:
    copy = Project(tmp_path / "project")
    shutil.copytree(project.root, copy.root)
    path = copy.competition("tiny-regression") / "train.csv"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace(",", ",another ", 1)
    path.write_text("\n".join([*lines, ""]))
    with pytest.raises(DataError, match="have changed since run 'words' was made"):
        read_run("words", copy)


def test_attention_of_a_part_of_a_blend_says_so(project: Project) -> None:
    weights = member_weights(project, "blend")
    share = weights["looks"] / sum(weights.values())
    assert 0 < share < 1
    note = read_run("blend", project).words("a good film").note
    assert note.endswith(f" (of the members with attention, {share:.0%} of the blend)")
    assert "members" not in read_run("looks", project).words("a good film").note
