"""A study from its experiment to what is written of it."""

import signal
from pathlib import Path
from typing import Any

import pytest

from foldwise.errors import Interrupted, StorageError
from foldwise.pipeline import tuning
from foldwise.pipeline.tuning import tune
from foldwise.training.stopping import StopRequest
from foldwise.tuning.request import TuneRequest
from foldwise.tuning.study import drive
from tests.tuning.tiny_studies import fake_worker, tiny_project


@pytest.mark.parametrize("error", [StorageError("no room"), KeyError("a table")])
def test_a_stop_stays_a_stop_although_its_page_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def stopped(*words: Any, **options: Any) -> None:
        drive(*words, **options, command=fake_worker())
        raise Interrupted(signal.SIGINT, "stopped by SIGINT")

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(tuning, "drive", stopped)
    monkeypatch.setattr(tuning, "write_study", fails)
    with pytest.raises(Interrupted) as caught:
        tune(
            tiny_project(tmp_path),
            TuneRequest("words", trials=1),
            StopRequest(),
            say=lambda _text: None,
            show=lambda _trial, _progress: None,
        )
    assert caught.value.signal_number == signal.SIGINT
    assert str(caught.value) == f"stopped by SIGINT; its page could not be written: {error}"
