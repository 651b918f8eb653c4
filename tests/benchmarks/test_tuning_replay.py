from pathlib import Path

import pytest
from tuning_replay import trials_of

from foldwise.storage import write_json


def test_a_study_whose_metric_is_better_when_greater_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "tuning.json", {"metric": "pearson", "folds": [0, 1], "trials": []})
    with pytest.raises(ValueError, match=r"smaller is better, got a study of pearson; .*rmse"):
        trials_of(tmp_path)
