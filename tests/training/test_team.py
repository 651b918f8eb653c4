"""A fold trained by two processes, begun by torchrun, that exchange gradients by gloo."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from foldwise.errors import FoldwiseWarning
from foldwise.journal import Journal
from foldwise.paths import Project
from foldwise.predictions.table import Predictions, read_predictions
from foldwise.training.progress import Progress
from foldwise.training.run import RunRequest, train_run
from foldwise.training.stopping import StopRequest
from foldwise.training.team import ALONE, Team
from tests.training.tiny_runs import tiny_project, tiny_settings

WITHOUT_CHANCE: dict[str, Any] = {  # two processes cannot drop out what one does
    "encoder": {"dropout": 0.0},
    # its last batch has a single text: one of the processes has nothing to learn from
    "training": {"epochs": 2.0, "batch_size": 5, "rows": 31, "folds": 2, "checkpoint_seconds": 0.0},
}


class Killer:
    """Kills the process that leads, once, after so many steps."""

    def __init__(self, fold: Path, step: int) -> None:
        self._fold, self._step, self.killed = fold, step, False

    def __call__(self, progress: Progress) -> None:
        if progress.phase == "train" and progress.done >= self._step and not self.killed:
            self.killed = True
            os.kill(int((self._fold / ".lock").read_text()), signal.SIGKILL)


def predicted(run: Path, name: str) -> Predictions:
    return read_predictions(run / "fold-0" / name)


def trained(project: Project, processes: int) -> Path:
    name = f"by-{processes}"
    hardware = {"processes": processes}
    settings = tiny_settings(project, **WITHOUT_CHANCE, hardware=hardware)
    killer = Killer(project.run(name) / "fold-0", step=3 if processes > 1 else 10**9)
    request = RunRequest(name, settings, folds=(0,), workers=1)
    state = train_run(project, request, StopRequest(), killer)
    assert (state.trained, killer.killed) == (1, processes > 1)
    return state.folder


@pytest.mark.timeout(600)  # seven processes begin, and import torch
def test_two_processes_that_share_each_batch_learn_what_one_does_also_after_a_kill(
    tmp_path: Path,
) -> None:
    project = tiny_project(tmp_path)
    one = trained(project, 1)
    with pytest.warns(FoldwiseWarning, match="fold 0 died"):
        two = trained(project, 2)

    for name in ("valid.csv", "test.csv"):
        alone, together = predicted(one, name), predicted(two, name)
        assert together.ids == alone.ids
        np.testing.assert_allclose(together.values, alone.values, atol=1e-5)
        assert np.ptp(alone.values) > 1e-3  # else anything would be near to anything
    weights = [load_file(run / "fold-0" / "model.safetensors") for run in (one, two)]
    torch.testing.assert_close(weights[1], weights[0], atol=1e-5, rtol=1e-4)

    # it went on from its checkpoint, and only the process that leads wrote
    (died,) = Journal(two / "journal.jsonl").events("worker died")
    assert died["fold"] == 0
    journal = Journal(two / "fold-0" / "journal.jsonl")
    assert [event["step"] for event in journal.events("resumed")] == [3]
    looks = [event["look"] for event in journal.events("look")]
    assert looks == list(dict.fromkeys(looks)) == list(range(1, len(looks) + 1))


def test_each_row_is_one_process_s() -> None:
    rows = np.arange(10, 17)
    shares = [Team(rank, 3).share(rows) for rank in range(3)]
    assert sorted(np.concatenate(shares)) == list(rows)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_who_is_alone_asks_nobody() -> None:
    model = torch.nn.Linear(2, 1)
    ALONE.add_up_gradients(model)
    values = torch.arange(3.0)
    ALONE.add_up([values])
    assert model.weight.grad is None
    assert values.tolist() == [0.0, 1.0, 2.0]
    assert ALONE.gathered(values, 3) is values
    assert (ALONE.total(5), ALONE.largest(5), ALONE.any(False), ALONE.leads) == (5, 5, False, True)
