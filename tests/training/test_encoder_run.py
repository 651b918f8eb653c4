import json
import signal
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoTokenizer

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load
from foldwise.errors import FoldFailed, Interrupted, StorageError, UsageError
from foldwise.folds.making import make_folds, save_folds
from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from foldwise.training.progress import Progress
from foldwise.training.run import RunRequest, train_run
from foldwise.training.stopping import StopRequest
from tests.forked_workers import ForkedEngine
from tests.tiny_competitions import load_tiny, tiny_regression
from tests.tiny_encoders import FAMILIES, Family, make_tiny_encoder
from tests.training.tiny_runs import results_of, tiny_project, tiny_settings, train_tiny


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_project(tmp_path)


def stopped_after(project: Project, name: str, step: int, fold: int = 0, **changed: object) -> None:
    """Leave the run `name` as a signal leaves it that arrives during a given step."""
    stop = StopRequest()

    def ask(progress: Progress) -> None:
        # asked after one step, heard in the next: no step's work is lost in between
        if (progress.fold, progress.phase, progress.done) == (fold, "train", step - 1):
            stop.ask(signal.SIGTERM)

    with pytest.raises(Interrupted) as caught:
        train_run(project, RunRequest(name, tiny_settings(project, **changed)), stop, ask)
    assert caught.value.exit_code == 143


def events(run: Path, fold: int, event: str) -> list[dict[str, object]]:
    lines = (run / f"fold-{fold}" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [record for line in lines if (record := json.loads(line))["event"] == event]


def test_each_row_is_predicted_once_by_the_model_that_did_not_see_it(project: Project) -> None:
    state = train_tiny(project, "run")

    train = load(load_competition(project.competition("tiny-regression"))).train
    oof = read_predictions(state.folder / "oof.csv")
    assert oof.ids == train.ids
    assert oof.folds is not None
    for fold in range(3):
        valid = read_predictions(state.folder / f"fold-{fold}" / "valid.csv")
        assert set(valid.ids) == {i for i, k in zip(oof.ids, oof.folds, strict=True) if k == fold}
        assert np.array_equal(valid.values, oof.values[oof.folds == fold])


def test_test_predictions_are_the_mean_over_the_folds(project: Project) -> None:
    state = train_tiny(project, "run")

    folds = [read_predictions(state.folder / f"fold-{k}" / "test.csv").values for k in range(3)]
    test = read_predictions(state.folder / "test.csv").values
    np.testing.assert_allclose(test, np.mean(folds, axis=0), rtol=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
def test_training_learns_what_the_words_say(tmp_path: Path, family: Family) -> None:
    make_tiny_encoder(tmp_path / "encoder", family)
    project = tiny_regression(tmp_path, rows=150)

    state = train_tiny(
        project,
        "run",
        encoder={"dropout": 0.0},
        rates={"head": 2e-2, "top": 5e-3},
        training={"epochs": 6.0},
    )

    targets = load(load_competition(project.competition("tiny-regression"))).train.targets
    assert state.scores is not None
    assert targets is not None
    # predicting the mean has the targets' own deviation as its error
    assert state.scores.scores["rmse"].value < 0.95 * float(targets.std())
    assert state.scores.scores["pearson"].value > 0.4


def test_a_classification_predicts_probabilities(project: Project) -> None:
    state = train_tiny(project, "run", competition="tiny-classification")

    oof = read_predictions(state.folder / "oof.csv")
    assert oof.outputs == ("p_dull", "p_fair", "p_fine")
    np.testing.assert_allclose(oof.values.sum(axis=1), 1.0, rtol=1e-12)


def test_a_finished_run_is_not_trained_again(project: Project) -> None:
    first = train_tiny(project, "run")
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*.csv")}

    second = train_tiny(project, "run")

    assert (first.trained, second.trained) == (3, 0)
    assert second.scores == first.scores
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*.csv")} == before


def test_a_stop_saves_and_the_same_command_ends_in_the_same_bits(project: Project) -> None:
    whole = train_tiny(project, "whole")

    stopped_after(project, "stopped", step=5)  # in the middle of an epoch, between two looks
    stopped_after(project, "stopped", step=11, fold=1)
    resumed = train_tiny(project, "stopped")

    assert [e["step"] for e in events(resumed.folder, 0, "resumed")] == [5]
    assert [e["step"] for e in events(resumed.folder, 1, "resumed")] == [11]
    assert results_of(resumed.folder) == results_of(whole.folder)


def with_a_word_of_its_own(project: Project) -> dict[str, int]:
    """The fold of each row, of which r000 alone has the word "q"."""
    path, folds = project.root / "input/tiny-regression/train.csv", project.folds("tiny-regression")
    path.write_text(path.read_text().replace("\nr000,", "\nr000,q ", 1))
    folds.unlink()
    table = make_folds(load_tiny(project, "tiny-regression"), n=3).table
    save_folds(folds, table)
    return dict(zip(table.ids, table.folds.tolist(), strict=True))


def test_embeddings_learn_for_tokens_of_the_training_rows_and_are_saved_whole(
    project: Project,
) -> None:
    folds = with_a_word_of_its_own(project)
    fold = folds["r000"]
    tokenizer = AutoTokenizer.from_pretrained(project.root / "encoder")
    loaded = load_tiny(project, "tiny-regression").train
    texts = [t[0] for i, t in zip(loaded.ids, loaded.texts, strict=True) if folds[i] != fold]
    seen = {token for text in texts for token in tokenizer(text)["input_ids"]}
    (unseen,) = tokenizer("q", add_special_tokens=False)["input_ids"]
    assert unseen not in seen

    stopped_after(project, "run", step=5, fold=fold)
    (checkpoint,) = (project.run("run") / f"fold-{fold}").glob("ckpt-*")
    rows = {
        len(value)
        for path in checkpoint.glob("*.safetensors")
        for name, value in load_file(path).items()
        if "word_embeddings" in name and value.ndim == 2
    }
    assert rows == {len(seen) + 1}  # the padding's: of weights and moments, best and latest
    finished = train_tiny(project, "run")
    table = embeddings_in(finished.folder / f"fold-{fold}" / "model.safetensors")
    pretrained = embeddings_in(project.root / "encoder" / "model.safetensors")
    changed = (table != pretrained).any(dim=1)
    assert changed[list(seen)].all()
    assert changed.sum() <= len(seen) + 1
    assert not changed[unseen]


def embeddings_in(path: Path) -> Tensor:
    (table,) = (v for name, v in load_file(path).items() if "word_embeddings" in name)
    return table


def test_folds_in_another_order_and_in_two_workers_give_the_same_bits(project: Project) -> None:
    settings = tiny_settings(project)
    train_run(project, RunRequest("one", settings), StopRequest())
    for fold in (2, 0, 1):
        train_run(project, RunRequest("order", settings, folds=(fold,)), StopRequest())
    train_run(project, RunRequest("two", settings, workers=2, engine=ForkedEngine()), StopRequest())

    expected = results_of(project.run("one"))
    assert results_of(project.run("order")) == expected
    assert results_of(project.run("two")) == expected


def test_some_folds_alone_give_no_score(project: Project) -> None:
    state = train_run(project, RunRequest("run", tiny_settings(project), folds=(1,)), StopRequest())

    assert state.scores is None
    assert state.missing == (0, 2)
    assert not (state.folder / "oof.csv").exists()


def test_an_unknown_fold_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match=r"folds are numbered 0 to 2; got 3"):
        train_run(project, RunRequest("run", tiny_settings(project), folds=(3,)), StopRequest())


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"rates": {"top": 2e-3}}, "rates.top: the run has 0.001, now asked for 0.002"),
        ({"seed": 7}, "seed: the run has 42, now asked for 7"),
    ],
)
def test_going_on_with_other_settings_is_refused(
    project: Project, changed: dict[str, object], key: str
) -> None:
    stopped_after(project, "run", step=3)

    with pytest.raises(UsageError) as caught:
        train_tiny(project, "run", **changed)

    assert key in str(caught.value)
    assert "--fresh" in str(caught.value)


def test_going_on_with_other_data_or_folds_is_refused(project: Project) -> None:
    stopped_after(project, "run", step=3)
    train = project.competition("tiny-regression") / "train.csv"
    folds = project.folds("tiny-regression")
    original = train.read_text(encoding="utf-8")
    train.write_text(original.replace("film", "flim", 1), encoding="utf-8")
    with pytest.raises(UsageError, match="data: changed since the run began"):
        train_tiny(project, "run")

    train.write_text(original, encoding="utf-8")
    header, *rows = folds.read_text(encoding="utf-8").splitlines()
    turned = [f"{row[:-1]}{(int(row[-1]) + 1) % 3}" for row in rows]
    folds.write_text("\n".join([header, *turned]) + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="folds: changed since the run began"):
        train_tiny(project, "run")


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(project: Project) -> None:
    whole = train_tiny(project, "whole", training={"checkpoint_seconds": 0.0})
    stopped_after(project, "run", step=9, training={"checkpoint_seconds": 0.0})
    weights = project.run("run") / "fold-0" / "ckpt-00000009" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])

    resumed = train_tiny(project, "run", training={"checkpoint_seconds": 0.0})

    damaged = events(resumed.folder, 0, "damaged checkpoint")
    assert str(weights) in str(damaged[0]["reason"])
    assert [e["step"] for e in events(resumed.folder, 0, "resumed")] == [8]
    assert results_of(resumed.folder) == results_of(whole.folder)


def test_no_whole_checkpoint_is_an_error_and_nothing_is_overwritten(project: Project) -> None:
    stopped_after(project, "run", step=9, training={"checkpoint_seconds": 0.0})
    fold = project.run("run") / "fold-0"
    for path in fold.glob("ckpt-*/optimizer.safetensors"):
        path.unlink()
    before = sorted(str(path) for path in fold.rglob("*"))

    with pytest.raises(StorageError, match="nothing was changed"):
        train_tiny(project, "run", training={"checkpoint_seconds": 0.0})

    assert sorted(str(path) for path in fold.rglob("*")) == before
    # what the message says: this fold alone begins again
    fold.rename(project.root / "damaged")
    state = train_tiny(project, "run", training={"checkpoint_seconds": 0.0})
    assert (state.missing, state.trained) == ((), 3)
    assert not events(state.folder, 0, "resumed")


def test_a_diverged_fold_fails_keeps_the_last_good_state_and_has_no_score(project: Project) -> None:
    changed = {
        "rates": {"top": 1.0, "head": 1.0},
        "optimizer": {"max_norm": 1e30, "weight_decay": 1e6},
        "training": {"checkpoint_seconds": 0.0},
    }
    with pytest.raises(FoldFailed):
        train_tiny(project, "run", **changed)

    fold = project.run("run") / "fold-0"
    assert not (fold / "result.json").exists()
    assert not (project.run("run") / "scores.json").exists()
    # what diverged was never saved: the checkpoints that are there are finite and whole
    with pytest.raises(FoldFailed):
        train_tiny(project, "run", **changed)


def test_no_row_chooses_the_evaluation_that_predicts_it(project: Project) -> None:
    changed = {"training": {"evaluations_per_epoch": 3}}
    honest = train_tiny(project, "honest", **changed)
    usual = train_tiny(
        project, "usual", training={"evaluations_per_epoch": 3, "cross_fitted": False}
    )

    assert honest.scores is not None
    assert usual.scores is not None
    assert honest.scores.in_sample == usual.scores.scores  # what the usual way reports
    assert (max(honest.scores.looks), min(usual.scores.looks)) == (0, 7)
    # the weights that predict new texts are the same: those of the best evaluation of all rows
    for name in ("model.safetensors", "test.csv"):
        ours, theirs = (state.folder / "fold-0" / name for state in (honest, usual))
        assert ours.read_bytes() == theirs.read_bytes()
    for fold in range(3):
        valid = read_predictions(honest.folder / f"fold-{fold}" / "valid.csv")
        chosen = read_predictions(honest.folder / f"fold-{fold}" / "in-sample.csv")
        assert chosen.ids == valid.ids
        assert not (usual.folder / f"fold-{fold}" / "in-sample.csv").exists()
        best = min(float(str(look["score"])) for look in events(honest.folder, fold, "look"))
        assert honest.scores.in_sample["rmse"].folds[fold] == pytest.approx(best)


def test_the_best_look_predicts_and_the_looks_are_counted(project: Project) -> None:
    state = train_tiny(project, "run", training={"evaluations_per_epoch": 3, "cross_fitted": False})

    for fold in range(3):
        looks = events(state.folder, fold, "look")
        result = json.loads((state.folder / f"fold-{fold}" / "result.json").read_text())
        assert result["looks"] == len(looks)
        assert result["score"] == min(float(str(look["score"])) for look in looks)
    assert state.scores is not None
    assert state.scores.scores["rmse"].folds == pytest.approx(
        [
            json.loads((state.folder / f"fold-{k}" / "result.json").read_text())["score"]
            for k in range(3)
        ]
    )


def test_keeping_the_last_weights_chooses_nothing_by_looking(project: Project) -> None:
    state = train_tiny(project, "run", training={"keep": "last"})

    assert state.scores is not None
    assert state.scores.looks == [0, 0, 0]
    result = json.loads((state.folder / "fold-0" / "result.json").read_text())
    assert result["facts"]["kept_step"] == result["facts"]["steps"]


def test_a_damaged_prediction_of_a_finished_fold_is_noticed(project: Project) -> None:
    state = train_tiny(project, "run")
    path = state.folder / "fold-1" / "valid.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("r0", "r9", 1), encoding="utf-8")

    with pytest.raises(StorageError, match="fold-1"):
        train_tiny(project, "run")


def test_fresh_sets_the_old_run_aside_and_loses_nothing(project: Project) -> None:
    old = train_tiny(project, "run")
    before = results_of(old.folder)

    fresh = RunRequest("run", tiny_settings(project, seed=7), mode="fresh")
    state = train_run(project, fresh, StopRequest())

    (aside,) = [path for path in state.folder.parent.iterdir() if path.name.startswith(".run.")]
    assert results_of(aside) == before
    assert results_of(state.folder) != before
