"""Built notebooks, run from their first cell to their last as Kaggle would."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from foldwise.kaggle.building.kernel import BuiltKernel, KernelRequest
from foldwise.kaggle.building.training_kernel import Training, build_training, settings_to_train
from foldwise.paths import Project
from foldwise.pipeline.predicting import predict_texts
from foldwise.storage import sha256_of_file
from tests.kaggle.conftest import silent
from tests.kaggle.kaggle_root import Ran, mount, run_notebook
from tests.tiny_competitions import write_rows

ODD = ["", " ", "\U0001f600\U0001f680", "a" * 5000, 'NA, "quoted"\nand on', "the good film"]


def hidden_test(folder: Path) -> dict[str, str]:
    """A hidden test in `folder`: new ids, odd texts; the sample in another order. Texts by id."""
    texts = {f"h{i:03d}": text for i, text in enumerate([*ODD, *ODD])}
    folder.mkdir()
    write_rows(folder / "test.csv", [{"id": k, "text": text} for k, text in texts.items()])
    sample = [{"id": k, "target": "0"} for k in reversed(texts)]
    write_rows(folder / "sample_submission.csv", sample)
    return texts


def rows_of(ran: Ran) -> dict[str, float]:
    return {row["id"]: float(row["target"]) for row in csv.DictReader(ran.submission)}


def test_a_hidden_test_gets_what_predict_says_whatever_its_rows_and_its_order(
    built_once: BuiltKernel, made_once: Project, tmp_path: Path
) -> None:
    root = tmp_path / "kaggle"
    texts = hidden_test(tmp_path / "data")
    mount(root, "some-dataset", built_once.folder / "dataset")  # the old kind of mount
    mount(root, "tiny-regression", tmp_path / "data")
    environment = {"FOLDWISE_SIMULATED_GPUS": "2", "KAGGLE_IS_COMPETITION_RERUN": "1"}
    ran = run_notebook(built_once.folder, root, **environment)
    assert ran.code == 0, ran.err
    rows = rows_of(ran)
    assert list(rows) == list(reversed(texts))  # the sample's order
    expected = predict_texts(made_once, "top", list(texts), [(text,) for text in texts.values()])
    np.testing.assert_allclose(
        [rows[name] for name in texts], expected.values[:, 0], atol=1e-6, rtol=0
    )
    report = ran.report
    assert (report.state, report.rows, report.rerun) == ("complete", 12, True)
    assert report.folds == {"enc": [0, 1, 2], "words": [0, 1, 2]}  # words, a member twice, once
    assert report.devices == ["simulated GPU 0", "simulated GPU 1"]
    assert "4 of 12 test rows have no text; they are predicted too" in report.remarks
    left = {"submission.csv", "kernel-report.json"}  # nobody looks at a picture there
    assert {path.name for path in ran.working.iterdir()} == left


@pytest.fixture
def mounted(words_built: Path, made_once: Project, tmp_path: Path) -> Path:
    """A root with the kernel of `words` and its competition, where Kaggle mounts them now."""
    root = tmp_path / "kaggle"
    mount(root, "datasets/some-user/words-infer-package", words_built / "dataset")
    mount(root, "competitions/tiny-regression", made_once.competition("tiny-regression"))
    return root


def test_a_picture_that_cannot_be_drawn_comes_after_the_submission_and_the_report(
    words_built: Path, mounted: Path
) -> None:
    (mounted / "working" / "kernel-report.png").mkdir(parents=True)
    ran = run_notebook(words_built, mounted)
    assert ran.code == 1
    assert "kernel-report.png" in ran.err
    assert ran.report.state == "complete"
    assert ran.report.submission == sha256_of_file(ran.working / "submission.csv")


def is_safety_net(ran: Ran, built: Path) -> bool:
    """Whether every row of the submission is the training rows' mean."""
    package = json.loads((built / "dataset" / "foldwise-package.json").read_text())
    return set(rows_of(ran).values()) == set(package["prior"])


def test_an_expired_budget_leaves_the_safety_net_and_ends_well(
    words_built: Path, mounted: Path
) -> None:
    ran = run_notebook(words_built, mounted, FOLDWISE_KERNEL_SECONDS="0.001")
    assert ran.code == 0, ran.err
    assert ran.report.state == "safety-net"
    assert is_safety_net(ran, words_built)
    assert any("3 of 3 folds had no time" in remark for remark in ran.report.remarks)
    assert any("NO GPU" in remark for remark in ran.report.remarks)


def test_a_damaged_weight_fails_by_name_and_the_safety_net_stays(
    words_built: Path, mounted: Path
) -> None:
    weights = words_built / "dataset" / "runs" / "words" / "fold-1" / "tfidf.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    ran = run_notebook(words_built, mounted)
    assert ran.code == 1
    assert "fold-1/tfidf.safetensors is damaged: SHA-256" in ran.err
    assert "upload the dataset again" in ran.err
    assert ran.report.state == "safety-net"
    assert is_safety_net(ran, words_built)


def test_a_package_that_is_not_attached_is_told_before_anything_else(
    words_built: Path, tmp_path: Path
) -> None:
    ran = run_notebook(words_built, tmp_path / "kaggle")
    assert ran.code == 1
    assert "no dataset of the package 'words-infer'" in ran.err
    shutil.rmtree(tmp_path / "kaggle")


def test_an_older_version_of_the_package_is_not_used(words_built: Path, mounted: Path) -> None:
    newer = json.loads((words_built / "dataset" / "foldwise-package.json").read_text())
    newer["prior"] = [0.0]
    (words_built / "dataset" / "foldwise-package.json").write_text(json.dumps(newer))
    ran = run_notebook(words_built, mounted)
    assert ran.code == 1
    assert "an older version of the package 'words-infer', or another, is attached" in ran.err
    assert "wait until the dataset is ready" in ran.err


def test_a_wheel_that_was_changed_is_not_installed(words_built: Path, mounted: Path) -> None:
    (wheel,) = (words_built / "dataset" / "wheels").glob("*.whl")
    wheel.write_bytes(wheel.read_bytes() + b"x")
    ran = run_notebook(words_built, mounted)
    assert ran.code == 1
    assert f"{wheel.name} is damaged; upload the dataset again" in ran.err


def test_a_training_notebook_ends_with_the_run_that_is_trained_here(
    made_once: Project, tmp_path: Path
) -> None:
    request = KernelRequest("words", tmp_path / "words-train")
    training = Training(settings_to_train(made_once, "words"))
    built = build_training(made_once, request, training, silent)
    root = tmp_path / "kaggle"
    mount(root, "datasets/some-user/package", built.folder / "dataset")
    mount(root, "competitions/tiny-regression", made_once.competition("tiny-regression"))
    ran = run_notebook(built.folder, root)
    assert ran.code == 0, ran.err
    report = ran.report
    assert (report.state, report.sessions_left) == ("complete", 0)
    assert report.folds == {"words": [0, 1, 2]}
    for name in ("oof.csv", "test.csv"):
        trained = ran.working / "runs" / "words" / name
        assert trained.read_bytes() == (made_once.run("words") / name).read_bytes()
    assert "foldwise kernel build words --infer" in report.remarks[-1]
