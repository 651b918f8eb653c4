import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foldwise.folds.script import run_fold_script

REPOSITORY = Path(__file__).resolve().parents[2]
TOML = """
title = "Tiny"
task = "classification"
metric = "accuracy"
id = "id"
text = ["text"]
target = ["label"]
[files]
train = "train.csv"
test = "test.csv"
sample_submission = "sample.csv"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one competition called "samr", with that script."""
    folder = tmp_path / "input" / "samr"
    folder.mkdir(parents=True)
    (folder / "competition.toml").write_text(TOML)
    rows = [f"{i},text {i},{'no' if i % 2 else 'yes'}" for i in range(20)]
    (folder / "train.csv").write_text("\n".join(["id,text,label", *rows, ""]))
    (folder / "test.csv").write_text("id,text\nt,text 3\n")
    (folder / "sample.csv").write_text("id,label\nt,no\n")
    (tmp_path / "folds").mkdir()
    shutil.copy(REPOSITORY / "folds" / "samr.py", tmp_path / "folds" / "samr.py")
    return tmp_path


def test_a_script_writes_the_table_beside_it_from_whatever_folder(
    project: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    script = project / "folds" / "samr.py"
    done = subprocess.run(
        [sys.executable, str(script)], cwd=elsewhere, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[0] == f"wrote {project / 'folds' / 'samr.csv'}"
    assert lines[1] == "stratified: the folds balance the 2 classes of label"
    assert lines[2] == "fold 0: 4 rows, 2.0 words; no 50.0%, yes 50.0%"
    assert lines[-1] == "test texts that stand in the training file, 1 exactly: 1"
    assert (project / "folds" / "samr.csv").read_text().startswith("id,fold\n0,")
    assert not list(elsewhere.iterdir())


def test_a_second_run_changes_nothing_and_other_folds_need_force(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = str(project / "folds" / "samr.py")
    table = project / "folds" / "samr.csv"
    run_fold_script(script, arguments=[])
    before = table.read_bytes()
    run_fold_script(script, arguments=[])
    assert "\nunchanged: " in capsys.readouterr().out
    with pytest.raises(SystemExit) as error:
        run_fold_script(script, seed=7, arguments=[])
    assert error.value.code == 2
    assert "already holds other folds" in capsys.readouterr().err
    assert table.read_bytes() == before
    run_fold_script(script, seed=7, arguments=["--force"])
    assert table.read_bytes() != before


def test_a_script_without_competition_ends_with_its_message(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        run_fold_script(str(project / "folds" / "sammr.py"), arguments=[])
    assert error.value.code == 2
    assert "did you mean 'samr'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "script", sorted((REPOSITORY / "folds").glob("*.py")), ids=lambda p: p.stem
)
def test_every_fold_script_is_named_after_a_competition(script: Path) -> None:
    assert (REPOSITORY / "input" / script.stem / "competition.toml").is_file()
