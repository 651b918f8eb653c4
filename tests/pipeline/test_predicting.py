"""Predictions for texts that a run has never seen."""

import numpy as np
import pytest
from numpy.typing import NDArray

from foldwise.ensembling.ensemble import blend
from foldwise.errors import DataError, StorageError
from foldwise.paths import Project
from foldwise.pipeline import predicting
from foldwise.pipeline.fold_models import FinishedRun, tfidf_values
from foldwise.pipeline.predicting import predict_texts
from foldwise.pipeline.text_chunks import Texts
from foldwise.training.fold_result import finished_outcome
from foldwise.training.run_scores import read_tables
from tests.tiny_competitions import load_tiny


def test_a_run_predicts_the_mean_of_its_folds_models(project: Project) -> None:
    test = load_tiny(project, "tiny-regression").test
    predicted = predict_texts(project, "words", test.ids, test.texts)
    folds = [finished_outcome(project.run("words") / f"fold-{k}") for k in range(3)]
    expected = np.mean([fold.test.values for fold in folds if fold], axis=0)
    assert predicted.ids == test.ids
    np.testing.assert_allclose(predicted.values, expected, rtol=1e-12)


def test_an_ensemble_predicts_the_mean_of_its_members(project: Project) -> None:
    test = load_tiny(project, "tiny-regression").test
    predicted = predict_texts(project, "both", test.ids, test.texts)
    _, expected = read_tables(project.run("both"))
    np.testing.assert_allclose(
        predicted.values, expected.aligned_to(test.ids, "the test rows").values, rtol=1e-12
    )


def test_a_run_below_several_members_predicts_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    blend(project, ["both", "words"], "top", weights=[1, 3])
    asked = []
    values_of = tfidf_values

    def counted(finished: FinishedRun, texts: Texts) -> list[NDArray[np.float64]]:
        asked.append(finished.folder.name)
        return values_of(finished, texts)

    monkeypatch.setattr(predicting, "tfidf_values", counted)
    test = load_tiny(project, "tiny-regression").test
    predicted = predict_texts(project, "top", test.ids, test.texts)
    assert asked == ["words", "letters"]
    _, expected = read_tables(project.run("top"))
    ordered = expected.aligned_to(test.ids, "the test rows")
    np.testing.assert_allclose(predicted.values, ordered.values, rtol=1e-12)


def test_predictions_do_not_depend_on_the_other_texts(project: Project) -> None:
    test = load_tiny(project, "tiny-regression").test
    together = predict_texts(project, "words", test.ids, test.texts)
    alone = [
        predict_texts(project, "words", [name], [text]).values[0, 0]
        for name, text in zip(test.ids, test.texts, strict=True)
    ]
    np.testing.assert_allclose(together.values[:, 0], alone, rtol=1e-12)


def test_no_texts_have_no_predictions(project: Project) -> None:
    assert len(predict_texts(project, "words", [], [])) == 0


def test_texts_with_too_many_parts_are_refused(project: Project) -> None:
    with pytest.raises(DataError, match="every row has 1 text, but row 1 counted from 0 has 2"):
        predict_texts(project, "words", ["a", "b"], [("one",), ("one", "two")])


def test_a_run_that_has_not_finished_is_refused(project: Project) -> None:
    (project.run("words") / "oof.csv").unlink()
    with pytest.raises(DataError, match="run 'words' has not finished"):
        predict_texts(project, "words", ["a"], [("one",)])


def test_a_missing_model_is_named(project: Project) -> None:
    (weights,) = (project.run("words") / "fold-2").glob("*.safetensors")
    weights.unlink()
    with pytest.raises(StorageError, match=str(weights)):
        predict_texts(project, "words", ["a"], [("one",)])
