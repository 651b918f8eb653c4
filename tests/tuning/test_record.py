from pathlib import Path

import pytest

from foldwise.errors import StorageError
from foldwise.tuning.record import RecordedStudy, read_study, write_study_record
from tests.tuning.test_pictures import CURVES
from tests.tuning.tiny_results import tiny_result


def test_a_record_reads_back_as_it_was(tmp_path: Path) -> None:
    for study in (
        RecordedStudy(tiny_result(), "[rates]\n", {"rates.top": 0.7}, CURVES),
        RecordedStudy(tiny_result(trials=[], best=None, cross_fitted=None)),
    ):
        write_study_record(tmp_path, study)
        assert read_study(tmp_path) == study


def test_a_damaged_record_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "tuning.json").write_text('{"name": "a"}')
    with pytest.raises(StorageError, match=r"tuning\.json is damaged"):
        read_study(tmp_path)
