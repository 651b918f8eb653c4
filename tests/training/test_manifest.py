import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import foldwise
from foldwise.errors import StorageError, UsageError
from foldwise.settings import Rates, Settings, Stage
from foldwise.training.corpus import load_corpus
from foldwise.training.manifest import (
    NO_EFFECT,
    Manifest,
    check_same,
    check_settings_file,
    code_hash,
    manifest_of,
    read_manifest,
    write_manifest,
)
from tests.tiny_competitions import tiny_regression
from tests.tiny_tfidf import tfidf_settings

MANIFEST = Manifest(
    settings={"seed": 42, "rates.top": 1e-5, "tfidf.words": [1, 2]},
    data="d" * 64,
    folds="f" * 64,
    encoder="",
    code="c" * 64,
    versions={"torch": "2.5"},
)


def differences(new: Manifest) -> tuple[str, ...]:
    with pytest.raises(UsageError) as caught:
        check_same(Path("runs/a"), MANIFEST, new)
    first, *found, last = str(caught.value).split("\n")
    assert first == "a run goes on only from what it was begun with, but of runs/a there differ:"
    assert last.startswith("Give the new run another name (--name), use the old one as it is, or")
    return tuple(line.removeprefix("  - ") for line in found)


def test_a_manifest_reads_back_with_the_same_identity(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path) == MANIFEST
    assert read_manifest(tmp_path).identity() == MANIFEST.identity()


def test_the_same_manifest_is_no_difference() -> None:
    check_same(Path("runs/a"), MANIFEST, replace(MANIFEST, versions={"torch": "9"}))


def test_each_changed_setting_is_named_with_both_values() -> None:
    new = replace(MANIFEST, settings={"seed": 43, "rates.top": 1e-5, "extra": True})
    assert differences(new) == (
        "extra: the run has None, now asked for True",
        "seed: the run has 42, now asked for 43",
        "tfidf.words: the run has [1, 2], now asked for None",
    )


@pytest.mark.parametrize("part", ["data", "folds", "encoder", "code"])
def test_what_was_changed_since_is_named(part: str) -> None:
    new = Manifest(**{**MANIFEST.__dict__, part: "other"})
    assert differences(new) == (f"{part}: changed since the run began",)
    assert new.identity() != MANIFEST.identity()


def test_all_differences_are_named_at_once() -> None:
    new = replace(MANIFEST, settings={**MANIFEST.settings, "seed": 1}, data="x", folds="y")
    assert len(differences(new)) == 3


def test_a_settings_file_that_was_edited_is_refused_with_the_key(tmp_path: Path) -> None:
    recorded = tfidf_settings(seed=3)
    same = replace(MANIFEST, settings=recorded.flat())
    check_settings_file(tmp_path, recorded, same)
    edited = tfidf_settings(seed=4, hardware={"threads": 2})
    training = edited.training.model_copy(update={"checkpoint_seconds": 1.0})
    edited = edited.model_copy(update={"training": training})
    with pytest.raises(UsageError) as caught:
        check_settings_file(tmp_path, edited, same)
    # the hardware is resolved in that file, and how often is saved changes no result
    (line,) = (line for line in str(caught.value).split("\n") if line.startswith("  - "))
    assert line == "  - seed in settings.toml: the run has 3, the file says 4"


def test_a_stage_or_a_groups_rate_more_or_less_is_noticed(tmp_path: Path) -> None:
    plain = Settings(competition="a")
    groups = plain.model_copy(update={"rates": Rates(groups={"head 0": 0.5})})
    staged = plain.model_copy(update={"stages": (Stage(epochs=1),)})
    for begun, edited, line in (
        (
            plain,
            groups,
            "rates.groups.head 0 in settings.toml: the run has None, the file says 0.5",
        ),
        (
            groups,
            plain,
            "rates.groups.head 0 in settings.toml: the run has 0.5, the file says None",
        ),
        (staged, plain, "stages.0.epochs in settings.toml: the run has 1.0, the file says None"),
    ):
        with pytest.raises(UsageError) as caught:
            check_settings_file(tmp_path, edited, replace(MANIFEST, settings=begun.flat()))
        assert f"  - {line}\n" in str(caught.value)


def test_a_damaged_manifest_is_a_storage_error(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace('"folds"', '"folos"'))
    with pytest.raises(StorageError, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)


def test_a_manifest_holds_every_setting_that_can_change_a_result(tmp_path: Path) -> None:
    project = tiny_regression(tmp_path)
    chosen = tfidf_settings()
    made = manifest_of(chosen, load_corpus(project, chosen), encoder="e")
    without = chosen.flat().keys() - made.settings.keys()
    trackers = {f"tracking.{name}" for name in ("tensorboard", "mlflow", "wandb")}
    assert without - trackers == set(NO_EFFECT)
    assert without == trackers | {
        "training.checkpoint_seconds",
        "training.gradient_checkpointing",
        "hardware.jobs_per_gpu",
    }
    assert (made.encoder, made.code) == ("e", code_hash())
    assert made.versions.keys() >= {"python", "torch", "numpy", "scikit-learn"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package that the hash is taken of."""
    copied = tmp_path / "foldwise"
    original = Path(foldwise.__file__).parent
    shutil.copytree(original, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(foldwise, "__file__", str(copied / "__init__.py"))
    return copied


def test_the_code_hash_is_the_same_wherever_the_package_lies(package: Path) -> None:
    copied = code_hash()
    with pytest.MonkeyPatch.context() as patch:
        patch.undo()
        shutil.move(package, package.with_name("elsewhere"))
        patch.setattr(foldwise, "__file__", str(package.with_name("elsewhere") / "__init__.py"))
        assert code_hash() == copied


@pytest.mark.parametrize("part", ["training/loop.py", "modeling/head.py", "folds/table.py"])
def test_any_change_of_what_computes_results_changes_the_code_hash(
    package: Path, part: str
) -> None:
    before = code_hash()
    path = package / part
    path.write_text(path.read_text() + "# a comment\n")
    assert code_hash() != before


def test_a_change_of_what_only_shows_results_does_not(package: Path) -> None:
    before = code_hash()
    path = package / "cli" / "main.py"
    path.write_text(path.read_text() + "# a comment\n")
    assert code_hash() == before
