"""The case of a training kernel: a session that its limit ends, then others that go on from it."""

from pathlib import Path

from foldwise.kaggle.simulation.case_rows import CaseRows
from foldwise.kaggle.simulation.cases import Case
from foldwise.kaggle.simulation.executing import Stage
from foldwise.kaggle.simulation.isolation import Heard
from foldwise.kaggle.simulation.verdict import Verdict


def play_training(stage: Stage, case: Case, rows: CaseRows, folder: Path, heard: Heard) -> Verdict:
    raise NotImplementedError
