from pathlib import Path

from foldwise.settings import Hardware
from foldwise.training.engine import PYTHON
from foldwise.training.local_engine import LocalEngine
from foldwise.tuning.jobs import TrialJob
from foldwise.tuning.workers import Workers


def test_a_worker_whose_words_are_no_json_counts_as_dead() -> None:
    # what a library prints before standard output is taken from it; a line that a kill cut off
    printing = [PYTHON, "-c", "print('a library says hello', flush=True); input()"]
    workers = Workers(LocalEngine(), Path(), Hardware(device="cpu"), 1, printing)
    workers.begin(0, TrialJob("t", {}, (0,)))
    heard = workers.hear(30)
    assert heard is not None
    assert heard.message is None
    assert workers.ended(0) != 0
