"""Whole folds: stages, averages, early ends and collapses, as they stand in journals and files."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldwise.cli.train import happenings
from foldwise.encoders import resolve_encoder
from foldwise.errors import FoldFailed, UsageError
from foldwise.folds.halves import second_half
from foldwise.modeling.model import build_model
from foldwise.modeling.saving import load_model_weights
from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from foldwise.settings import load_experiment
from foldwise.storage import read_record
from foldwise.tokenization.tokenizer import load_tokenizer
from foldwise.tokenization.tokens import tokenize
from foldwise.training import validation
from foldwise.training.corpus import load_corpus
from foldwise.training.fold_result import FoldResult
from foldwise.training.forward import Forward
from foldwise.training.prediction import predict
from tests.training.test_encoder_run import stopped_after
from tests.training.tiny_runs import results_of, tiny_project, train_tiny

STAGES: dict[str, Any] = {
    "stages": [
        {"epochs": 1.0, "train": "head", "rates": {"head": 2e-2}},
        {"epochs": 1.0, "train": 1},
        {"epochs": 1.0},
    ]
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_project(tmp_path)


def events(run: Path, fold: int, event: str) -> list[dict[str, Any]]:
    lines = (run / f"fold-{fold}" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [record for line in lines if (record := json.loads(line))["event"] == event]


def seen_tokens(project: Project, run: str, fold: int) -> set[int]:
    """The ids of the tokens in the texts that a fold learns from."""
    settings = load_experiment(project.run(run) / "settings.toml")
    corpus = load_corpus(project, settings)
    tokenizer = load_tokenizer(resolve_encoder(settings.encoder.name), 16)
    texts = [corpus.loaded.train.texts[row] for row in corpus.training_positions(fold)]
    return set(tokenize(tokenizer, texts, None).ids.tolist())


def test_each_stage_learns_more_of_the_model_and_says_so(project: Project) -> None:
    state = train_tiny(project, "staged", **STAGES)

    stages = events(state.folder, 0, "stage")
    assert [stage["learns"] for stage in stages] == [
        ["head"],
        ["layer 1", "head"],
        ["embeddings", "layer 0", "layer 1", "head"],
    ]
    # what is frozen goes through the model once: with the mean, one vector a text is kept
    assert [stage["cached"] for stage in stages] == ["pooling", "layers", None]
    seen = seen_tokens(project, "staged", 0) | {0}  # the padding's row is kept beside them
    assert [stage["learning_tokens"] for stage in stages] == [0, 0, len(seen)]
    looks = events(state.folder, 0, "look")
    assert list(looks[0]["rates"]) == ["head"]
    # two an epoch, counted from the beginning of each stage: none in a stage's first step
    epoch = stages[0]["step"]
    middle = -(-epoch // 2)
    expected = [stage * epoch + step for stage in range(3) for step in (middle, epoch)]
    assert [look["step"] for look in looks] == expected
    # and is gone when all folds have ended
    assert not list(state.folder.rglob(".frozen.tmp"))
    assert not (state.folder / ".shared").exists()


def test_kept_states_change_a_run_by_rounding_only(project: Project) -> None:
    kept = train_tiny(project, "kept", **STAGES)
    computed = train_tiny(project, "computed", training={"cache_frozen": False}, **STAGES)

    a, b = (read_predictions(state.folder / "oof.csv") for state in (kept, computed))
    np.testing.assert_allclose(a.values, b.values, atol=1e-3)
    assert events(computed.folder, 0, "stage")[0]["cached"] is None


@pytest.mark.parametrize("step", [2, 4, 5, 9])
def test_a_stop_in_or_between_stages_changes_no_bit(project: Project, step: int) -> None:
    changed = {**STAGES, "averaging": {"kind": "ema"}, "training": {"checkpoint_seconds": 0.0}}
    whole = train_tiny(project, "whole", **changed)
    stopped_after(project, "stopped", step, **changed)
    train_tiny(project, "stopped", **changed)
    assert results_of(project.run("stopped")) == results_of(whole.folder)


@pytest.mark.parametrize("kind", ["ema", "swa"])
def test_averaged_weights_are_evaluated_and_predict(project: Project, kind: str) -> None:
    plain = train_tiny(project, "plain", training={"keep": "last"})
    averaged = train_tiny(
        project, kind, training={"keep": "last"}, averaging={"kind": kind, **_every_step(kind)}
    )
    # the same steps are taken
    assert [look["loss"] for look in events(plain.folder, 0, "look")] == [
        look["loss"] for look in events(averaged.folder, 0, "look")
    ]
    assert not np.array_equal(
        read_predictions(plain.folder / "test.csv").values,
        read_predictions(averaged.folder / "test.csv").values,
    )


def _every_step(kind: str) -> dict[str, float]:
    return {"start": 0.3, "every": 1} if kind == "swa" else {}


def test_training_ends_when_no_evaluation_was_better_for_long(project: Project) -> None:
    patient = {"patience": 1, "evaluations_per_epoch": 8, "epochs": 20.0, "cross_fitted": False}
    state = train_tiny(project, "early", training=patient, rates={"head": 0.3, "top": 0.05})
    looks = events(state.folder, 0, "look")
    facts = read_record(state.folder / "fold-0" / "result.json", FoldResult).facts
    assert [look["kept"] for look in looks][-2:] == [True, False]
    assert all(look["kept"] for look in looks[:-1])
    assert facts["steps"] < facts["planned_steps"]
    (stopped,) = events(state.folder, 0, "stopped early")
    assert (stopped["step"], stopped["of"]) == (facts["steps"], facts["planned_steps"])
    assert state.scores is not None
    (first, *_) = happenings(state.scores)
    assert first.startswith(f"fold 0 stopped early, after {facts['steps']} of ")


def test_no_row_has_a_say_in_how_long_what_predicts_it_was_trained(project: Project) -> None:
    """Only the other half's targets may change a prediction, an early end included."""
    patient = {"patience": 1, "evaluations_per_epoch": 8, "epochs": 20.0}
    changed: dict[str, Any] = {"training": patient, "rates": {"head": 0.1, "top": 0.02}}
    before = train_tiny(project, "before", **changed)
    valid = read_predictions(before.folder / "fold-0" / "valid.csv")
    second = second_half(valid.ids)
    path = project.competition("tiny-regression") / "train.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    moved = {name for name, is_second in zip(valid.ids, second, strict=True) if is_second}
    for row in rows:
        if row["id"] in moved:
            row["target"] = str(-float(row["target"]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    after = train_tiny(project, "after", **changed)
    again = read_predictions(after.folder / "fold-0" / "valid.csv")
    # it learned from the same rows; what the second half says of them is another thing
    assert (again.values[~second] != valid.values[~second]).any()
    np.testing.assert_array_equal(again.values[second], valid.values[second])
    # and the weights that are kept are still those that the whole fold chose, in its patience
    usual = train_tiny(
        project, "usual", **{**changed, "training": {**patient, "cross_fitted": False}}
    )
    facts = [
        read_record(run.folder / "fold-0" / "result.json", FoldResult).facts
        for run in (after, usual)
    ]
    assert facts[0]["kept_step"] == facts[1]["kept_step"]
    assert facts[0]["steps"] > facts[1]["steps"]


def test_an_early_end_is_an_end_after_a_stop_too(project: Project) -> None:
    changed: dict[str, Any] = {
        "training": {
            "patience": 1, "evaluations_per_epoch": 8, "epochs": 20.0, "checkpoint_seconds": 0.0,
        },
        "rates": {"head": 0.3, "top": 0.05},
    }  # fmt: skip
    whole = train_tiny(project, "whole", **changed)
    last = read_record(whole.folder / "fold-0" / "result.json", FoldResult).facts["steps"]
    stopped_after(project, "stopped", last, **changed)
    train_tiny(project, "stopped", **changed)
    assert results_of(project.run("stopped")) == results_of(whole.folder)


def collapsing(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the first evaluations of each attempt look constant, in so many attempts a fold."""
    calls: list[int] = []

    def spread(*_arguments: object) -> float:
        calls.append(1)
        return 0.0 if len(calls) <= times else 1.0

    monkeypatch.setattr(validation, "prediction_spread", spread)


def test_a_collapsed_fold_begins_anew_at_half_the_rates_and_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    collapsing(monkeypatch, times=1)
    state = train_tiny(project, "run", training={"collapse_steps": 1})

    (collapse,) = events(state.folder, 0, "collapsed")
    assert collapse["next_rates"] == 0.5
    facts = [
        read_record(state.folder / f"fold-{k}" / "result.json", FoldResult).facts for k in range(3)
    ]
    assert [fact["collapses"] for fact in facts] == [1, 0, 0]
    head = [look["rates"]["head"] for look in events(state.folder, 0, "look")]
    other = [look["rates"]["head"] for look in events(state.folder, 1, "look")]
    assert head == pytest.approx([rate / 2 for rate in other])


def test_a_fold_that_collapses_too_often_fails_and_has_no_score(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    collapsing(monkeypatch, times=99)
    with pytest.raises(FoldFailed, match=r"in the last of 3 attempts, at 0\.25 of the rates"):
        train_tiny(project, "run", training={"collapse_steps": 1})
    assert not (project.run("run") / "scores.json").exists()


def test_rates_that_ruin_a_model_are_noticed_as_a_collapse(project: Project) -> None:
    """In earnest: steps so large that tanh saturates, and every text looks the same."""
    ruin = {"head": 0.0, "top": 1.0, "embeddings": 1.0}
    with pytest.raises(FoldFailed, match=r"collapsed at step|diverged at step"):
        train_tiny(
            project,
            "run",
            rates=ruin,
            encoder={"dropout": 0.0},
            training={"collapse_steps": 1, "epochs": 6.0},
        )


def rows_again(project: Project, run: str, fold: int) -> np.ndarray[Any, Any]:
    """What a fold's saved model predicts for its validation rows."""
    settings = load_experiment(project.run(run) / "settings.toml")
    corpus = load_corpus(project, settings)
    tokenizer = load_tokenizer(resolve_encoder(settings.encoder.name), 16)
    tokens = tokenize(tokenizer, corpus.loaded.train.texts, None)
    model = build_model(
        project.root / "encoder", settings, outputs=1, task="regression", pretrained=False
    )
    load_model_weights(model, project.run(run) / f"fold-{fold}" / "model.safetensors")
    at = corpus.validation_positions(fold)
    raw = predict(Forward(model, settings.hardware), tokens, at, 256)
    return model.predictions(raw).numpy()


@pytest.mark.parametrize(
    "changed",
    [
        STAGES,
        {"stages": [{"epochs": 1.0}, {"epochs": 1.0, "train": "head"}]},
        {
            "stages": [{"epochs": 1.0}, {"epochs": 1.0, "train": "head"}],
            "averaging": {"kind": "swa", "start": 0.2, "every": 1},
        },
        {**STAGES, "averaging": {"kind": "ema"}},
        {"head": {"norm": "batch"}, "averaging": {"kind": "ema"}},
        {"encoder": {"reinitialise": 1}, "stages": [{"epochs": 1.0, "train": 1}]},
    ],
)
def test_the_saved_model_is_the_one_that_predicted_the_validation_rows(
    project: Project, changed: dict[str, Any]
) -> None:
    state = train_tiny(project, "run", **changed)
    for fold in range(3):
        valid = read_predictions(state.folder / f"fold-{fold}" / "in-sample.csv")
        np.testing.assert_allclose(valid.values, rows_again(project, "run", fold), atol=2e-5)


def test_a_batch_norm_that_would_meet_a_single_text_is_refused_at_once(project: Project) -> None:
    with pytest.raises(UsageError, match=r"one of epoch 0 has a single text"):
        train_tiny(project, "run", head={"norm": "batch"}, training={"micro_batch_tokens": 8})
    assert not list(project.run("run").rglob("ckpt-*"))


def test_a_fold_that_is_resumed_after_a_collapse_is_made_from_its_attempt(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what does not learn, and so is in no checkpoint: an attention that stays random."""
    changed: dict[str, Any] = {
        "pooling": {"kind": "attention", "hidden": 8},
        "rates": {"pooling": 0.0},
        "training": {"collapse_steps": 1, "checkpoint_seconds": 0.0},
    }
    collapsing(monkeypatch, times=1)
    whole = train_tiny(project, "whole", **changed)
    collapsing(monkeypatch, times=1)
    stopped_after(project, "stopped", 20, **changed)
    train_tiny(project, "stopped", **changed)
    assert results_of(project.run("stopped")) == results_of(whole.folder)
