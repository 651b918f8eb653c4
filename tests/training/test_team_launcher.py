import logging
import signal
from collections.abc import Callable

import pytest
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from foldwise.training import team_launcher
from foldwise.training.team_launcher import launch_config, main

Launch = Callable[..., Callable[..., None]]


def failing(error: BaseException | None) -> Launch:
    def launch(*_arguments: object) -> None:
        if error is not None:
            raise error

    return lambda _config, _program: launch


def child_failed(code: int) -> ChildFailedError:
    failure = ProcessFailure(local_rank=1, pid=7, exitcode=code, error_file="none")
    return ChildFailedError("worker", {1: failure})


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (child_failed(4), 4),
        (child_failed(-9), 137),
        (SignalException("told to stop", sigval=signal.SIGTERM), 143),
    ],
)
def test_a_team_ends_as_its_first_process_that_failed(
    error: BaseException | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team_launcher, "elastic_launch", failing(error))
    monkeypatch.setattr(logging, "disable", lambda _level: None)
    monkeypatch.setenv("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", "1")
    assert main("2", "python", "-c", "0") == code


def test_each_team_has_a_port_of_its_own_and_nobody_is_begun_anew() -> None:
    first, second = launch_config(2), launch_config(2)
    assert (first.nproc_per_node, first.max_restarts) == (2, 0)
    assert first.rdzv_endpoint == "localhost:0"
    assert first.run_id != second.run_id
