import sys
from pathlib import Path

import pytest

from foldwise.errors import UsageError
from foldwise.settings import Hardware
from foldwise.training import local_engine
from foldwise.training.engine import PYTHON, ROOT, WorkerTask
from foldwise.training.local_engine import LocalEngine, visible_gpus

GPU, CPU = Hardware(device="cuda", threads=1), Hardware(device="cpu", threads=1)
ECHO = "import os, sys\nfor line in sys.stdin: print(line.strip())\n"


def program(text: str, root: Path = Path()) -> WorkerTask:
    return WorkerTask((PYTHON, "-c", text, ROOT), root)


def test_a_worker_hears_what_it_is_told_and_its_words_are_heard() -> None:
    worker = LocalEngine().start(program(ECHO), 0, CPU)
    worker.say({"go_on": True, "ä": "ö"})
    assert next(iter(worker.messages())) == {"go_on": True, "ä": "ö"}
    worker.close()
    assert list(worker.messages()) == []
    assert worker.exit_code() == 0
    worker.say({"too": "late"})  # is heard by nobody, and harms nobody


def test_a_worker_that_ended_before_it_read_what_it_was_told_is_closed_without_a_word() -> None:
    worker = LocalEngine().start(program(""), 0, CPU)
    assert list(worker.messages()) == []
    worker.say({"go_on": True})  # stays with this process, which would send it when it closes
    worker.close()
    assert worker.exit_code() == 0


@pytest.mark.parametrize("said", ['{"progress": {"fol', "a library says hello", "[1]"])
def test_words_that_are_no_message_end_the_worker(said: str) -> None:
    worker = LocalEngine().start(program(f"print({said!r}, flush=True); input()"), 0, CPU)
    assert list(worker.messages()) == []
    assert worker.exit_code() == -9


def test_the_project_s_root_stands_in_the_command(tmp_path: Path) -> None:
    echo = "import json, sys; print(json.dumps({'root': sys.argv[1]}))"
    worker = LocalEngine().start(program(echo, tmp_path), 0, CPU)
    assert list(worker.messages()) == [{"root": str(tmp_path)}]
    worker.close()


def test_a_team_that_was_begun_where_there_were_more_gpus_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    pairs = Hardware(device="cuda", threads=1, processes=2)
    with pytest.raises(UsageError, match=r"a GPU of its own, but there are 1 for 2: go on where"):
        LocalEngine().check(pairs, 1)


def test_a_team_sees_its_own_gpus_and_is_begun_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,4,GPU-7,6,5")
    pairs = Hardware(device="cuda", threads=1, processes=2)
    engine, begun = LocalEngine(), []
    monkeypatch.setattr(local_engine, "LocalProcess", lambda *arguments: begun.append(arguments))
    for slot in (0, 1, 2):
        engine.start(program("worker"), slot, pairs)
    seen = [environment["CUDA_VISIBLE_DEVICES"] for _, environment in begun]
    assert seen == ["3,4", "GPU-7,6", "3,4"]
    command = [sys.executable, "-c", "worker", "."]
    launcher = [sys.executable, "-m", "foldwise.training.team_launcher", "2"]
    assert begun[0][0] == [*launcher, *command]
    assert (engine.places(pairs), engine.gpus(pairs)) == (2, 2)
    with pytest.raises(UsageError, match="each worker has 2 GPUs of its own, but there are 2 for"):
        engine.check(pairs, 3)


def test_each_worker_sees_one_gpu_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-7")
    tell = "import json, os; print(json.dumps({'gpu': os.environ['CUDA_VISIBLE_DEVICES']}))"
    seen = []
    for slot in (0, 1):
        worker = LocalEngine().start(program(tell), slot, GPU)
        seen += [message["gpu"] for message in worker.messages()]
        worker.close()
    assert seen == ["3", "GPU-7"]


def test_more_workers_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    LocalEngine().check(GPU, 2)
    with pytest.raises(UsageError, match="there are 2 for 3 workers; use --workers 2"):
        LocalEngine().check(GPU, 3)
    LocalEngine().check(CPU, 99)  # cores may be shared


def test_no_gpu_is_visible_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus() == []
