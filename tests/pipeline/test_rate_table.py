"""What layer groups would learn at, before anything is trained."""

import math
import re
from pathlib import Path
from typing import Any

import pytest

from foldwise.errors import DataError, UsageError
from foldwise.modeling.model import build_model
from foldwise.paths import Project
from foldwise.pipeline.rate_table import RateTable, rate_table
from foldwise.settings import Settings
from foldwise.training.corpus import load_corpus
from foldwise.training.rates import layer_rates
from foldwise.training.schedules import schedule_factor, warmup_length
from tests.tiny_tfidf import tfidf_settings
from tests.training.tiny_runs import tiny_project, tiny_settings

NAMES = ["embeddings", "layer 0", "layer 1", "head"]
STAGES: list[dict[str, Any]] = [
    {"epochs": 1.0, "train": "head", "schedule": {"kind": "constant", "warmup": 0.0}},
    {"epochs": 2.5, "train": 1, "rates": {"top": 1e-4}},
    {"epochs": 0.01, "rates": {"groups": {"layer 0": 0.0}}},
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_project(tmp_path)


def staged(project: Project) -> Settings:
    return tiny_settings(project, stages=STAGES, training={"epochs": 2.0})  # its default


def table_of(project: Project, **changed: Any) -> RateTable:
    return rate_table(project, tiny_settings(project, **changed))


def test_every_parameter_of_the_model_is_counted_once(project: Project) -> None:
    chosen = tiny_settings(project)
    table = rate_table(project, chosen)
    model = build_model(Path(chosen.encoder.name), chosen, outputs=1, task="regression")

    assert [group.name for group in table.groups] == NAMES
    counts = {group.name: group.parameters for group in table.groups}
    assert sum(counts.values()) == sum(p.numel() for p in model.parameters())
    assert counts["head"] == 16 + 1


def test_what_no_output_depends_on_is_not_counted(tmp_path: Path) -> None:
    project = tiny_project(tmp_path, "xlnet")
    chosen = tiny_settings(project)
    model = build_model(Path(chosen.encoder.name), chosen, outputs=1, task="regression")
    unused = [model.encoder.backbone.get_parameter(name) for name in model.encoder.unused]

    counted = sum(group.parameters for group in rate_table(project, chosen).groups)

    assert len(unused) > 0
    everything = sum(p.numel() for p in model.parameters())
    assert counted == everything - sum(p.numel() for p in unused)


def test_the_weights_of_the_encoder_are_not_needed_and_runs_are_not_touched(
    project: Project,
) -> None:
    (project.root / "encoder" / "model.safetensors").unlink()
    before = sorted(project.root.rglob("*"))
    assert [group.name for group in table_of(project).groups] == NAMES
    assert sorted(project.root.rglob("*")) == before


def test_rates_are_those_of_the_experiment_times_the_first_step_s_factor(project: Project) -> None:
    chosen = tiny_settings(project, rates={"decay": 0.5, "embeddings": 0.0})
    table = rate_table(project, chosen)

    (part,) = table.stages
    first = schedule_factor(chosen.schedule, part.steps[0])(0)
    peaks = layer_rates(NAMES, chosen.rates)
    for group in table.groups[1:]:
        assert group.peaks == (peaks[group.name],)
        assert group.firsts == pytest.approx((peaks[group.name] * first,))
        assert group.trainable
    assert (table.groups[0].peaks, table.groups[0].firsts) == ((None,), (None,))
    assert not table.groups[0].trainable


def test_each_stage_has_its_own_rates_and_frozen_groups(project: Project) -> None:
    table = rate_table(project, staged(project))

    peaks = {group.name: group.peaks for group in table.groups}
    assert peaks == {
        "embeddings": (None, None, 1e-3),
        "layer 0": (None, None, None),
        "layer 1": (None, 1e-4, 1e-3),
        "head": (1e-2, 1e-2, 1e-2),
    }
    assert [group.trainable for group in table.groups] == [True, False, True, True]


def test_steps_are_counted_for_each_fold(project: Project) -> None:
    chosen = staged(project)
    corpus = load_corpus(project, chosen)
    rows = [len(corpus.training_positions(fold)) for fold in range(3)]

    stages = rate_table(project, chosen).stages

    epochs = [math.ceil(count / 4) for count in rows]
    assert stages[0].steps == tuple(epochs)
    # it ends after three and a half epochs of all
    assert stages[1].steps == tuple(round(3.5 * epoch) - epoch for epoch in epochs)
    assert stages[2].steps == (1, 1, 1)  # however short a stage is, it takes a step
    for part in stages:
        assert part.warmup == tuple(warmup_length(part.stage.schedule, n) for n in part.steps)


def test_without_data_or_folds_only_shares_are_known(project: Project) -> None:
    project.folds("tiny-regression").unlink()
    table = table_of(project)
    assert table.missing == (
        f"{project.folds('tiny-regression')} does not exist; run: foldwise folds tiny-regression"
    )
    assert (table.stages[0].steps, table.stages[0].warmup) == ((), ())
    assert [group.firsts for group in table.groups] == [(None,)] * 4
    (project.competition("tiny-regression") / "train.csv").unlink()
    table = table_of(project, schedule={"warmup_steps": 4})
    assert table.missing.endswith("train.csv does not exist; run: foldwise data tiny-regression")
    # the first of four steps of warm-up, of any number of steps
    assert table.groups[-1].firsts == pytest.approx((1e-2 / 5,))
    assert table_of(project, schedule={"warmup": 0.0}).groups[-1].firsts == (1e-2,)


def test_a_head_has_an_output_for_each_label_where_they_are_known(project: Project) -> None:
    def head() -> tuple[int, int]:
        table = table_of(project, competition="tiny-classification")
        return table.groups[-1].parameters, table.assumed_classes

    toml = project.competition("tiny-classification") / "competition.toml"
    train = project.competition("tiny-classification") / "train.csv"
    assert head() == (3 * 17, 0)
    kept = train.read_text()
    train.unlink()
    assert head() == (3 * 17, 0)  # competition.toml lists them
    toml.write_text(re.sub(r"^labels = .*$", "", toml.read_text(), flags=re.MULTILINE))
    assert head() == (2 * 17, 2)
    train.write_text(kept)
    assert head() == (3 * 17, 0)


def test_files_that_are_there_and_wrong_are_refused(project: Project) -> None:
    train = project.competition("tiny-regression") / "train.csv"
    train.write_text(train.read_text().replace("r001", "r002"))
    with pytest.raises(DataError, match="r002"):
        table_of(project)


def test_what_has_no_layer_groups_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="only an encoder has layer groups with rates, got an exp"):
        rate_table(project, tfidf_settings())
    with pytest.raises(UsageError, match="the encoder 'nowhere' is nowhere to be found"):
        table_of(project, encoder={"name": "nowhere"})
    with pytest.raises(UsageError, match="no layer group 'layer 7'; did you mean 'layer"):
        table_of(project, rates={"groups": {"layer 7": 1e-3}})


def test_what_does_not_fit_the_competition_or_the_encoder_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match=r"loss\.kind='focal' is not for a regression"):
        table_of(project, loss={"kind": "focal"})
    with pytest.raises(UsageError, match=r"encoder\.frozen=3 is more than the 2 layers"):
        table_of(project, encoder={"frozen": 3})


def test_groups_without_matrices_are_not_decayed(project: Project) -> None:
    pooling = {"kind": "gem"}  # one exponent
    table = table_of(project, optimizer={"weight_decay": 0.1}, pooling=pooling)
    decays = {group.name: group.weight_decay for group in table.groups}
    assert decays == {**dict.fromkeys(NAMES, 0.1), "pooling": 0.0}


def test_decay_towards_the_pretrained_weights_replaces_that_towards_zero(project: Project) -> None:
    table = table_of(project, regularization={"pretrained_decay": 0.01})
    assert {group.weight_decay for group in table.groups} == {0.0}
