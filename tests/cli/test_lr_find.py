"""`foldwise lr-find`: a range test from the command line, on a tiny encoder."""

import io
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from foldwise.paths import Project
from foldwise.pipeline.range_names import range_folder
from foldwise.settings import dump_toml
from foldwise.training import range_test
from foldwise.training.loop import take_step
from tests.cli.calling import Foldwise
from tests.tiny_tfidf import tfidf_settings
from tests.training.tiny_runs import results_of, tiny_project, tiny_settings, train_tiny

STAGED = """
[[stages]]
epochs = 1
train = "head"

[[stages]]
epochs = 2
"""
FIND = ("lr-find", "enc", "--steps", "30", "--lowest", "1e-5")


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the experiments `enc`, `staged` and `tfidf`, and no run."""
    project = tiny_project(tmp_path_factory.mktemp("project"))
    folder = project.root / "experiments"
    folder.mkdir()
    plain = dump_toml(tiny_settings(project))
    (folder / "enc.toml").write_text(plain)
    dropped = ("stages", "epochs")
    without = "\n".join(line for line in plain.splitlines() if not line.startswith(dropped))
    (folder / "staged.toml").write_text(without + STAGED)
    (folder / "tfidf.toml").write_text(dump_toml(tfidf_settings()))
    return project


@pytest.fixture
def project(made_once: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(made_once.root)
    return made_once


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_suggestions_can_be_pasted_and_train_at_what_was_shown(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise(*FIND, "--json")
    assert done.code == 0, done.err
    found = done.json
    assert found["test"]["reference"] == "layer 1"
    assert len(found["test"]["rates"]) == len(found["test"]["losses"]) <= 30
    assert list(found["peaks"].items())[-1] == ("head", 1e-2)
    assert found["suggestions"]
    for suggestion in found["suggestions"]:
        assert suggestion["rates"]["layer 1"] == suggestion["rate"]
        table = foldwise("train", "enc", *suggestion["overrides"], "--show-rates", "--json").json
        shown = {group["name"]: group["peak_rates"][0] for group in table["groups"]}
        assert shown == pytest.approx(suggestion["rates"])


def test_it_writes_its_own_folder_which_is_no_run(project: Project, foldwise: Foldwise) -> None:
    found = foldwise(*FIND, "--json").json
    folder = range_folder(project, "enc")
    assert files_in(project.root / "runs") == {"enc~lr-find"}
    pictures = {"lr-find.png"} if len(found["written"]) == 2 else set()
    assert files_in(folder) == {".lock", "range.json", *pictures}
    written = json.loads((folder / "range.json").read_text())
    assert written == {k: v for k, v in found.items() if k != "written"}
    assert foldwise("runs", "--all", "--json").json["unfinished"] == {}
    again = foldwise(*FIND, "--json")
    assert again.json == found
    other = foldwise(*FIND, "--seed", "5", "--json").json
    assert other["seed"] == 5
    assert other["test"]["losses"] != found["test"]["losses"]


def test_people_get_a_table_a_chart_and_lines_to_paste(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise(*FIND)
    assert done.code == 0, done.err
    assert "enc: fold 0, stages.0\nlayer group" in done.out
    assert "smoothed loss over the rate of layer 1, log scale" in done.out
    assert "█" in done.out
    pasted = [line for line in done.out.splitlines() if line.startswith("minimum / 10: rates.")]
    words = shlex.split(pasted[0].partition(": ")[2])
    assert [word.split("=")[0] for word in words] == ["rates.top", "rates.head"]
    assert f"written: {range_folder(project, 'enc') / 'range.json'}" in done.out


def test_the_chart_is_ascii_where_the_output_has_no_blocks(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert foldwise(*FIND).code == 0
    sys.stdout.flush()
    assert "####" in raw.getvalue().decode("ascii")


def test_the_chart_fits_a_narrow_terminal(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    _, chart = foldwise(*FIND).out.split("smoothed loss over")
    chart = chart.partition("\n\n")[0]
    assert max(map(len, chart.splitlines())) == 44
    assert chart.splitlines()[-1].lstrip().startswith("1.0e-05  ")


def test_a_stage_with_a_frozen_part_is_tested_from_its_kept_states(
    project: Project, foldwise: Foldwise
) -> None:
    first = foldwise("lr-find", "staged", "--steps", "20", "--json")
    assert first.code == 0, first.err
    assert list(first.json["peaks"]) == ["head"]
    assert first.json["test"]["reference"] == "head"
    assert ".frozen.tmp" not in files_in(range_folder(project, "staged"))
    computed = foldwise(
        "lr-find", "staged", "training.cache_frozen=false", "--steps", "20", "--json"
    ).json
    assert computed["test"]["losses"] == pytest.approx(first.json["test"]["losses"], rel=1e-3)

    second = foldwise("lr-find", "staged", "--stage", "1", "--steps", "20", "--json").json
    assert second["test"]["reference"] == "layer 1"
    assert "the model was tested as it is before the first stage, not after it" in second["notes"]
    for suggestion in second["suggestions"]:
        assert suggestion["overrides"][0].startswith("stages.1.rates.top=")


def test_training_and_its_run_are_what_they_are_without(
    project: Project, foldwise: Foldwise
) -> None:
    before = results_of(train_tiny(project, "other").folder)
    assert foldwise("lr-find", "enc", "--steps", "12").code == 0
    assert results_of(project.run("other")) == before
    assert results_of(train_tiny(project, "after").folder) == before
    for name in ("other", "after"):
        for path in sorted(project.run(name).rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        project.run(name).rmdir()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["enc", "--fold", "3"], "folds are numbered 0 to 2; got 3; choose among them"),
        (["enc", "--stage", "1"], "stages are numbered 0 to 0; got --stage 1"),
        (["staged", "--stage", "2"], "stages are numbered 0 to 1; got --stage 2"),
        (["tfidf"], "only an encoder has learning rates to find, got an experiment of kind='tfi"),
        (["enc", "staged"], "takes one experiment and settings as key=value, got also 'staged'"),
        (["enc", "--steps", "5"], "a range test takes 10 steps at least, got --steps 5"),
        (["enc", "--lowest", "2"], "got --lowest 2 and --highest 1; choose others"),
        (["enc", "--highest", "0"], "a rate is a number above 0, such as 1e-5: got '0'"),
        (["enc", "rates.tpo=1"], "rates.tpo"),
    ],
)
def test_what_cannot_be_tested_is_a_bad_argument(
    words: list[str], message: str, project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("lr-find", *words)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_ctrl_c_leaves_the_result_of_before_and_nothing_half_written(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert foldwise("lr-find", "staged", "--steps", "20").code == 0
    folder = range_folder(project, "staged")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    steps: list[int] = []

    def interrupted(*arguments: Any) -> Any:
        steps.append(arguments[-1])
        if len(steps) == 5:
            raise KeyboardInterrupt
        return take_step(*arguments)

    monkeypatch.setattr(range_test, "take_step", interrupted)
    done = foldwise("lr-find", "staged", "--steps", "20")
    assert (done.code, done.out) == (130, "")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_without_matplotlib_it_says_so_and_keeps_no_older_picture(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = range_folder(project, "enc")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lr-find.png").write_bytes(b"of another test")
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    done = foldwise(*FIND)
    assert done.code == 0, done.err
    assert "note: no picture: matplotlib is not installed" in done.err
    assert not (folder / "lr-find.png").exists()
