"""`foldwise kernel build` and `foldwise kernel push`."""

import json
from pathlib import Path

import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.kaggle.metadata import check_dataset, check_kernel
from foldwise.kaggle.package import faults_in, read_package
from foldwise.paths import Project
from tests.cli.calling import Foldwise
from tests.stand_in import calls_in, stand_in_for_kaggle


def test_a_run_becomes_a_folder_ready_to_push(
    project: Project, foldwise: Foldwise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = foldwise("kernel", "build", "both", "--owner", "some-user")
    assert done.code == 0, done.err
    folder = project.root / "kernels" / "both-infer"
    assert f"wrote {folder}\n" in done.out
    assert check_kernel(folder / "kernel")["id"] == "some-user/both-infer"
    assert check_dataset(folder / "dataset")["id"] == "some-user/both-infer-package"
    package = read_package(folder / "dataset")
    assert faults_in(folder / "dataset", package) == []
    assert {p.name for p in (folder / "dataset" / "runs").iterdir()} == {"both", "words", "letters"}
    says = "the Dataset is being created; or: Kernel version 1 successfully pushed\nready"
    log = stand_in_for_kaggle(tmp_path / "bin", monkeypatch, says)
    assert foldwise("kernel", "push", folder, "--check-only").code == 0
    assert calls_in(log) == []
    assert foldwise("kernel", "push", folder).code == 0
    assert len(calls_in(log)) == 3
    (folder / "pushed.json").unlink()  # Kaggle knows of sessions that nothing here knows of
    left_out = "The following are not valid kernel sources and could not be added: ['a/b']"
    answers = {"kernels push": f"{left_out}\nKernel version 2 successfully pushed"}
    stand_in_for_kaggle(tmp_path / "bin", monkeypatch, says, answers=answers)
    assert "note: Kaggle attached no earlier output" in foldwise("kernel", "push", folder).out


def test_the_first_cell_tells_the_honest_score(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("kernel", "build", "words", "--json")
    headline = done.json["package"]["headline"]
    path = Path(done.json["folder"]) / "kernel" / "words-infer.ipynb"
    first = "".join(json.loads(path.read_text())["cells"][0]["source"])
    assert f"Out-of-fold rmse: **{headline['value']:.4f} ± " in first
    assert f"**{headline['low']:.4f} to {headline['high']:.4f}**" in first


@pytest.mark.parametrize("kind", ["--infer", "--train"])
def test_the_first_cell_tells_how_long_a_session_may_take_and_the_second_keeps_to_it(
    project: Project, foldwise: Foldwise, kind: str
) -> None:
    done = foldwise("kernel", "build", "words", kind, "--max-time", "3h", "--json")
    (path,) = (Path(done.json["folder"]) / "kernel").glob("*.ipynb")
    cells = ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]
    assert "A session may take 3h (`foldwise kernel build --max-time`)" in cells[0]
    assert 'os.environ.get("FOLDWISE_KERNEL_SECONDS") or 9900)' in cells[2]


def test_the_same_run_makes_the_same_kernel(project: Project, foldwise: Foldwise) -> None:
    made = [foldwise("kernel", "build", "words", "--json").json for _ in range(2)]
    assert made[0] == made[1]


def test_the_hidden_solution_stays_at_home(project: Project, foldwise: Foldwise) -> None:
    path = project.competition("tiny-regression") / "competition.toml"
    path.write_text(f'{path.read_text()}solution = "sample_submission.csv"\n')
    done = foldwise("kernel", "build", "words", "--json")
    packed = Path(done.json["folder"]) / "dataset" / "input" / "tiny-regression"
    assert "solution" not in (packed / "competition.toml").read_text()
    assert [path.name for path in packed.iterdir()] == ["competition.toml"]


def test_a_training_kernel_is_built_from_an_experiment(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("kernel", "build", "labels", "--train", "--seeds", "0,1", "--json")
    assert done.code == 0, done.err
    assert done.json["slug"] == "labels-train"
    assert done.json["package"]["seeds"] == [0, 1]
    folder = Path(done.json["folder"])
    assert (folder / "dataset" / "experiments" / "labels.toml").is_file()
    pushed = foldwise("kernel", "push", folder)
    assert pushed.code == 3
    assert "build it again with --owner NAME" in pushed.err
    assert "uploading" not in pushed.err  # which comes after every check


def test_an_ensemble_is_trained_by_its_members(project: Project, foldwise: Foldwise) -> None:
    blend(project, ["both", "words"], "top")
    done = foldwise("kernel", "build", "top", "--train")
    assert done.code == 2
    assert done.err == (
        "error: an ensemble is blended, not trained, and 'top' blends both, words, letters; "
        "run: foldwise kernel build words --train, foldwise kernel build letters --train\n"
    )


def test_an_average_over_seeds_is_trained_by_its_seeds(
    project: Project, foldwise: Foldwise
) -> None:
    blend(project, ["words", "letters"], "average", seeds=[3, 1])
    done = foldwise("kernel", "build", "average", "--train")
    assert done.code == 2
    assert "; run: foldwise kernel build EXPERIMENT --train --seeds 3,1, foldwise" in done.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["build", "wrods"], 2, "did you mean 'words'?"),
        (["build", "words", "--seeds", "0,1"], 2, "are about training; add --train"),
        (["build", "words", "--train", "--fp16"], 2, "leave it out with --train"),
        (["build", "words", "--max-time", "5m"], 2, "--max-time of a kernel is 30m"),
        (["build", "words", "--train", "--max-time", "5m"], 2, "--max-time of a kernel is 30m"),
        (["build", "words", "--owner", "a/b"], 2, "--owner is a Kaggle user name"),
        (["build", "words", "--output", "input"], 2, "holds other files than a kernel's"),
        (["build", "words", "--output", "input/tiny-regression/test.csv"], 2, "is a file; give"),
        (["push", "nowhere"], 2, "no kernel in nowhere: "),
        (["simulate", "nowhere"], 2, "no kernel in nowhere: "),
        (["bild", "words"], 2, "no command 'bild'; did you mean 'build'?"),
        ([], 2, "COMMAND"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    project: Project, foldwise: Foldwise, words: list[str], code: int, message: str
) -> None:
    done = foldwise("kernel", *words)
    assert (done.code, "Traceback" in done.err) == (code, False)
    assert message in done.err


def test_an_old_kernel_is_replaced_and_a_failed_build_leaves_it(
    project: Project, foldwise: Foldwise
) -> None:
    folder = project.root / "kernels" / "words-infer"
    assert foldwise("kernel", "build", "words").code == 0
    (folder / "left-over").touch()
    assert foldwise("kernel", "build", "words").code == 0
    assert not (folder / "left-over").exists()
    before = (folder / "dataset" / "foldwise-package.json").read_bytes()
    (weights, *_) = (project.run("words") / "fold-0").glob("*.safetensors")
    weights.write_bytes(b"")
    assert foldwise("kernel", "build", "words").code == 5
    assert (folder / "dataset" / "foldwise-package.json").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["words-infer"]
