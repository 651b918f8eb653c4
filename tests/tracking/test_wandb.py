"""The offline run of Weights & Biases, read from its own file."""

import json
import struct
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from foldwise.tracking.record import run_record
from foldwise.tracking.wandb import WeightsAndBiases
from tests.tiny_competitions import tiny_regression
from tests.tiny_tfidf import train_tfidf
from tests.tracking.journaled_runs import begin, look

pytest.importorskip("wandb")
HEADER, BLOCK = 7, 32 * 1024  # of the file, which is a LevelDB log
FULL, FIRST, LAST = 1, 2, 4


def records(run: Path) -> Iterator[Any]:
    """The records of the one offline run in the folder."""
    proto: Any = import_module("wandb.proto.wandb_internal_pb2")  # its classes are made at run time
    (path,) = (run / "wandb").glob("offline-run-*/run-*.wandb")
    data, at, parts = path.read_bytes(), HEADER, b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:  # no record begins where its head has no room
            at += BLOCK - at % BLOCK
            continue
        length, kind = struct.unpack("<HB", data[at + 4 : at + 7])
        body = data[at + 7 : at + 7 + length]
        at += 7 + length
        parts = body if kind in (FULL, FIRST) else parts + body
        if kind in (FULL, LAST):
            yield proto.Record.FromString(parts)


def values(items: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def history(run: Path) -> list[dict[str, Any]]:
    rows = [values(r.history.item) for r in records(run) if r.HasField("history")]
    return [{k: v for k, v in row.items() if not k.startswith("_")} for row in rows]


def test_the_run_is_written_whole_with_a_step_for_each_fold(tmp_path: Path) -> None:
    run = begin(tmp_path / "run")
    look(run, 0, 4, 0.5)
    tracker = WeightsAndBiases(run, "movies")
    tracker.update(run_record(run))
    assert not (run / "wandb").exists()
    tracker.close(run_record(run))
    look(run, 0, 8, 0.4)
    look(run, 1, 4, 0.6)
    WeightsAndBiases(run, "movies").close(run_record(run))  # resumed: takes its place
    rows = history(run)
    found = [{k: v for k, v in row.items() if k.endswith(("step", "score"))} for row in rows]
    assert found == [
        {"fold-0/step": 4, "fold-0/validation_score": 0.5},
        {"fold-0/step": 8, "fold-0/validation_score": 0.4},
        {"fold-1/step": 4, "fold-1/validation_score": 0.6},
    ]
    (begun,) = [r.run for r in records(run) if r.HasField("run")]
    assert (begun.project, begun.display_name) == ("movies", "run")
    assert begun.run_id == run_record(run).key
    config = values(begun.config.update)
    assert config["rates.top"] == 0.0002


def test_scores_are_the_summary(tmp_path: Path) -> None:
    folder = train_tfidf(tiny_regression(tmp_path), "words").folder
    scores = run_record(folder).scores
    WeightsAndBiases(folder, "movies").close(run_record(folder))
    summary: dict[str, Any] = {}
    for record in records(folder):
        if record.HasField("summary"):
            summary |= values(record.summary.update)
    assert {name: summary[name] for name in scores} == scores
