from collections.abc import Iterator
from pathlib import Path

import pytest

from foldwise.modeling.model import TextModel
from foldwise.training.forward import set_training_mode
from tests.training.tiny_learners import new_model, settings_of


def modes(model: TextModel) -> Iterator[bool]:
    return (module.training for module in model.modules())


@pytest.mark.parametrize("before", [None, 0, 1, 2])
def test_all_modules_train_whatever_was_before(folder: Path, before: int | None) -> None:
    model = new_model(folder, settings_of())  # in evaluation mode, as after an evaluation
    if before is not None:
        set_training_mode(model, before)
    set_training_mode(model, 0)
    assert all(modes(model))
    model.eval()
    assert not any(modes(model))
    set_training_mode(model, 0)
    assert all(modes(model))


@pytest.mark.parametrize("before", [None, 0, 2])
def test_what_is_below_the_layers_that_learn_computes_as_in_a_prediction(
    folder: Path, before: int | None
) -> None:
    model = new_model(folder, settings_of())
    if before is not None:
        set_training_mode(model, before)
    set_training_mode(model, 1)
    first, second = model.encoder.layers()
    assert not any(module.training for module in first.modules())
    assert all(module.training for module in second.modules())
    assert all(module.training for module in model.head.modules())
    embeddings = model.encoder.backbone.get_submodule("embeddings")
    assert not any(module.training for module in embeddings.modules())
