"""What a simulated kernel's predictions are compared with."""

from pathlib import Path

import numpy as np

from foldwise.kaggle.building.kernel import KernelRequest, build_inference
from foldwise.kaggle.package import hashes_in
from foldwise.kaggle.simulation.cases import chosen_cases
from foldwise.kaggle.simulation.isolation import isolation_here
from foldwise.kaggle.simulation.judging import VALUES
from foldwise.kaggle.simulation.kernel_folder import read_kernel_folder
from foldwise.kaggle.simulation.reference import reference_of
from foldwise.kaggle.simulation.simulating import make_stage, simulate
from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from tests.kaggle.conftest import silent


def test_a_kernel_with_float16_weights_is_compared_with_what_was_packed(
    made_once: Project, tmp_path: Path
) -> None:
    built = build_inference(made_once, KernelRequest("enc", tmp_path / "enc", half=True), silent)
    kernel = read_kernel_folder(built.folder)
    before = hashes_in(kernel.dataset)
    stage = make_stage(made_once, kernel, isolation_here(), 300)
    test = stage.loaded.competition.path("test")
    with reference_of(made_once, kernel) as predict:
        cases = chosen_cases(["public"], training=False)
        (verdict,) = simulate(stage, cases, predict, lambda _: None)
        packed = predict(test, {})
    assert verdict.failures == []
    assert VALUES in [check.what for check in verdict.checks]
    # the run's own predictions would not do: they differ by more than 1e-6
    own = read_predictions(made_once.run("enc") / "test.csv").aligned_to(packed.ids, "packed")
    assert np.abs(own.values - packed.values).max() > 1e-6
    assert hashes_in(kernel.dataset) == before  # nothing was written into the package
