"""The judge of trials, in studies whose workers only pretend to train."""

from pathlib import Path
from typing import Any

import pytest

from foldwise.tuning import deciding
from foldwise.tuning.judging import Evidence
from foldwise.tuning.request import LEVEL
from tests.tuning.tiny_studies import study_of, tiny_project


def test_the_comparisons_of_a_trial_spend_the_level_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent: list[float] = []

    def lenient(*args: Any) -> Evidence:
        spent.append(args[-1])
        return Evidence(0.0, 1.0, args[-1])

    monkeypatch.setattr(deciding, "evidence", lenient)
    study_of(tiny_project(tmp_path), 2)
    # the second trial: two evaluations of its first fold, and the ends of two of three folds
    assert len(spent) == 4
    assert sum(spent) <= LEVEL * (1 + 1e-9)
    assert sum(spent) == pytest.approx(LEVEL)
