"""The weights of tokens in a finished run's pooling."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from foldwise.competition.competition import load_competition
from foldwise.encoders import EncoderFiles
from foldwise.ensembling.ensemble import blend
from foldwise.errors import DataError, StorageError, UsageError
from foldwise.modeling.model import build_model
from foldwise.modeling.saving import load_model_weights
from foldwise.paths import Project
from foldwise.pipeline.attention import attending_runs, token_attention
from foldwise.pipeline.text_words import on_words
from foldwise.settings import load_experiment
from foldwise.tokenization.tokenizer import load_tokenizer
from foldwise.training.run_scores import read_tables
from tests.tiny_tfidf import train_tfidf
from tests.training.tiny_runs import tiny_project, train_tiny

FAST = {"epochs": 1.0, "folds": 2}
TEXTS = [("the film was very good, but awful.",), ("",), ("a child reads the book slowly " * 4,)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Runs `looks` and `beside` with attention, `mean` and `words` without, and blends."""
    project = tiny_project(tmp_path_factory.mktemp("project"))
    train_tiny(project, "looks", pooling={"kind": "attention", "hidden": 8}, training=FAST)
    train_tiny(
        project, "beside", pooling={"beside": "attention", "hidden": 8}, training=FAST, seed=1
    )
    train_tiny(project, "mean", training=FAST)
    train_tfidf(project, "words", training={"folds": 2})
    blend(project, ["looks", "beside", "words"], "blend", weights=[1, 3, 4])
    blend(project, ["blend", "looks"], "top", weights=[1, 1])
    blend(project, ["looks", "words"], "unheard", weights=[0, 1])
    return project


def weights_by_hand(project: Project, run: str, fold: int, text: str) -> torch.Tensor:
    """The weights of all tokens of one text in the model of one fold."""
    folder = project.run(run)
    settings = load_experiment(folder / "settings.toml")
    tokenizer = load_tokenizer(EncoderFiles("x", folder / "encoder", "folder"), 16)
    outputs = len(read_tables(folder)[1].outputs)
    task = load_competition(project.competition("tiny-regression")).task
    model = build_model(folder / "encoder", settings, outputs, task, pretrained=False)
    load_model_weights(model, folder / f"fold-{fold}" / "model.safetensors")
    ids = torch.tensor([tokenizer.backend.encode(text).ids])
    with torch.inference_mode():
        return model.token_weights(ids, torch.ones_like(ids), torch.zeros_like(ids))[0]


def test_weights_are_those_of_the_pooling_without_special_tokens(project: Project) -> None:
    weighed = token_attention(project, "looks", TEXTS, fold=1)[0][0]
    expected = weights_by_hand(project, "looks", 1, TEXTS[0][0])
    np.testing.assert_allclose(weighed.weights, expected[1:-1].numpy(), rtol=1e-5)
    assert weighed.spans[:2] == ((0, 3), (4, 8))
    assert 0 < weighed.weights.sum() < 1


def test_weights_are_the_mean_over_folds(project: Project) -> None:
    folds = [token_attention(project, "looks", TEXTS, fold=k)[2][0].weights for k in (0, 1)]
    mean = token_attention(project, "looks", TEXTS)[2][0].weights
    assert not np.allclose(folds[0], folds[1])
    np.testing.assert_allclose(mean, np.mean(folds, axis=0))
    assert len(mean) == 14  # of 16 tokens, two of them special


def test_an_empty_text_has_no_tokens_to_weigh(project: Project) -> None:
    (part,) = token_attention(project, "looks", TEXTS)[1]
    assert (part.text, part.spans, part.weights.shape) == ("", (), (0,))


def test_attention_beside_a_mean_is_found(project: Project) -> None:
    weighed = token_attention(project, "beside", TEXTS[:1], fold=0)[0][0]
    expected = weights_by_hand(project, "beside", 0, TEXTS[0][0])
    np.testing.assert_allclose(weighed.weights, expected[1:-1].numpy(), rtol=1e-5)


def test_an_ensemble_weighs_words_as_its_members_count(project: Project) -> None:
    blend = token_attention(project, "blend", TEXTS[:1])[0][0]
    one, other = (token_attention(project, run, TEXTS[:1])[0][0] for run in ("looks", "beside"))
    expected = 0.25 * on_words(one.spans, one.weights, blend.spans)
    expected += 0.75 * on_words(other.spans, other.weights, blend.spans)
    np.testing.assert_allclose(blend.weights, expected)
    start, end = blend.spans[4]
    assert blend.text[start:end] == "good"


def test_a_run_counts_as_often_as_it_stands_below_an_ensemble(project: Project) -> None:
    found = attending_runs(project, "top")
    assert found == pytest.approx({"looks": 0.5 * 0.125 + 0.5, "beside": 0.5 * 0.375})


def test_a_pooling_that_learns_no_weights_is_refused_with_one_that_does(project: Project) -> None:
    advice = "; train a run with pooling.kind=attention, or with pooling.beside=attention"
    for run, reason in (
        ("mean", "mean: pooling.kind='mean' learns no weights of tokens"),
        ("words", "words: TF-IDF has no tokens to weigh"),
        (
            "unheard",
            "no member of unheard that counts weighs tokens by attention (looks, words)",
        ),
    ):
        with pytest.raises(UsageError) as raised:
            token_attention(project, run, TEXTS)
        assert str(raised.value) == reason + advice


def test_a_fold_that_is_not_there_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="folds of looks are 0 to 1, got 2"):
        token_attention(project, "looks", TEXTS, fold=2)


def test_texts_with_too_many_parts_are_refused(project: Project) -> None:
    with pytest.raises(DataError, match="every row has 1 text, but row 0 counted from 0 has 2"):
        token_attention(project, "looks", [("one", "two")])


def test_a_run_that_has_not_finished_is_refused(project: Project, tmp_path: Path) -> None:
    shutil.copytree(project.root, tmp_path / "copy")
    copy = Project(tmp_path / "copy")
    (copy.run("looks") / "oof.csv").unlink()
    with pytest.raises(DataError, match="run 'looks' has not finished"):
        token_attention(copy, "looks", TEXTS)


def test_only_the_weights_of_the_fold_that_is_asked_are_read(
    project: Project, tmp_path: Path
) -> None:
    shutil.copytree(project.root, tmp_path / "copy")
    copy = Project(tmp_path / "copy")
    (copy.run("looks") / "fold-1" / "model.safetensors").unlink()
    weighed = token_attention(copy, "looks", TEXTS, fold=0)
    assert weighed[0][0].weights.tolist() == pytest.approx(
        token_attention(project, "looks", TEXTS, fold=0)[0][0].weights.tolist()
    )
    with pytest.raises(StorageError, match="fold-1"):
        token_attention(copy, "looks", TEXTS)
