"""Whether settings fit the competition and the encoder, before anything is written."""

from pathlib import Path

import pytest

from foldwise.encoders import resolve_encoder
from foldwise.errors import UsageError
from foldwise.modeling.loading import layer_counts
from foldwise.modeling.model import build_model
from foldwise.paths import Project
from foldwise.training.corpus import load_corpus
from foldwise.training.fitness import check_fit, unfit
from foldwise.training.run_folder import open_run
from tests.tiny_encoders import FAMILIES, Family
from tests.training.tiny_runs import tiny_project, tiny_settings


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_project(tmp_path)


def test_all_that_does_not_fit_is_told_at_once(project: Project) -> None:
    chosen = tiny_settings(
        project,
        encoder={"frozen": 9},
        pooling={"layers": 7},
        loss={"kind": "focal"},  # of classes
    )
    with pytest.raises(UsageError) as caught:
        check_fit(chosen, load_corpus(project, chosen), resolve_encoder(chosen.encoder.name))
    assert [c.partition(" ")[0] for c in caught.value.complaints] == [
        "loss.kind='focal'", "encoder.frozen=9", "pooling.layers=7",
    ]  # fmt: skip


def test_a_run_with_more_layers_than_there_are_is_refused_before_anything_is_written(
    project: Project,
) -> None:
    with pytest.raises(UsageError, match=r"encoder\.reinitialise=9 is more than the 2 layers"):
        open_run(project, "run", tiny_settings(project, encoder={"reinitialise": 9}))
    assert list(project.run("run").glob("[!.]*")) == []


def test_without_an_encoder_only_the_competition_counts(project: Project) -> None:
    chosen = tiny_settings(project, encoder={"frozen": 9})
    assert unfit(chosen, load_corpus(project, chosen), None) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_the_configs_layers_are_those_of_the_model(tmp_path: Path, family: Family) -> None:
    project = tiny_project(tmp_path, family)
    counts = layer_counts(tmp_path / "encoder")
    model = build_model(tmp_path / "encoder", tiny_settings(project), 1, "regression")
    names = [group.name for group in model.layer_groups() if group.name.startswith("layer")]
    assert counts == (len(names), model.encoder.depth)
