from pathlib import Path

import pytest

from foldwise.errors import StorageError
from foldwise.storage import read_json, write_json
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


def test_a_record_with_damaged_parts_is_refused_by_name(tmp_path: Path) -> None:
    write_study_record(tmp_path, RecordedStudy(tiny_result(), "", {}, CURVES))
    path = tmp_path / "tuning.json"
    whole = read_json(path)
    no_cost = {name: of for name, of in whole["trials"][0]["outcome"].items() if name != "spent"}
    for damaged in (
        {"trials": [{**whole["trials"][0], "outcome": no_cost}]},
        {"curves": {"groups": ["head"], "rates": {"first": [0.1]}}},
    ):
        write_json(path, whole | damaged)
        with pytest.raises(StorageError, match=r"tuning\.json is damaged"):
            read_study(tmp_path)
