from dataclasses import replace

import numpy as np
import pytest

from foldwise.paths import Project
from foldwise.reporting.curves import fold_curves
from foldwise.reporting.reported_run import read_runs
from foldwise.reporting.step_rates import agrees, compared_steps, rates_block, step_rates
from foldwise.settings import load_experiment


def test_rates_by_settings_are_those_that_the_optimizer_had(project: Project) -> None:
    run = project.run("attention")
    curves = fold_curves(run, 0)
    assert curves is not None
    chosen = load_experiment(run / "settings.toml")
    found = step_rates(chosen, curves)
    assert list(found.groups) == ["embeddings", "layer 0", "layer 1", "pooling", "head"]

    # the journal's rates, of the optimizer itself, are compared within each of the two stages
    within = [step for step in curves.rates if step not in found.ends]
    assert within[0] < found.ends[0] < within[-1]
    for step in within:
        for name, rate in curves.rates[step].items():
            at = found.rates[found.groups.index(name), step]
            assert at == pytest.approx(rate, rel=1e-9)
    assert agrees(found, curves)
    assert compared_steps(found, curves) == within

    # what does not learn in a stage has no rate there
    first = found.ends[0]
    assert np.isnan(found.rates[0, :first]).all()
    assert not np.isnan(found.rates[:, first:]).any()


def test_rates_of_other_settings_do_not_agree(project: Project) -> None:
    run = project.run("attention")
    curves = fold_curves(run, 0)
    assert curves is not None
    other = load_experiment(run / "settings.toml", ["stages.1.rates.head=2e-2"])
    assert not agrees(step_rates(other, curves), curves)
    slower = replace(curves, collapses=1)  # which halves the rates
    chosen = load_experiment(run / "settings.toml")
    assert not agrees(step_rates(chosen, slower), curves)


def test_the_caption_says_what_the_rates_were_compared_with(project: Project) -> None:
    (run,) = read_runs(project, ["attention"])
    curves = fold_curves(run.folder, 0)
    assert curves is not None
    found = step_rates(load_experiment(run.folder / "settings.toml"), curves)
    count = len(compared_steps(found, curves))
    (plot,) = rates_block(run, [curves]).plots
    assert f"equal to the journal's at {count} evaluations." in plot.caption

    # with an evaluation at the end alone there is nothing to compare
    last = max(curves.rates)
    (plot,) = rates_block(run, [replace(curves, rates={last: curves.rates[last]})]).plots
    assert "its journal has no evaluation within a stage to compare with." in plot.caption
