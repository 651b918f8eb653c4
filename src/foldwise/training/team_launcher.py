"""Begins a worker as a team: `python -m foldwise.training.team_launcher SIZE PYTHON WORKER ...`.

It is torchrun, without its tracebacks: what a process has to say, the process has said.
https://docs.pytorch.org/docs/stable/elastic/run.html
"""

import logging
import os
import sys
import uuid

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

SAVING_SECONDS = 120  # that processes told to stop may take for their step and a checkpoint


def launch_config(size: int) -> LaunchConfig:
    """`size` processes on this machine; where one ends in failure, all end, and none begins anew.

    The driver alone decides what is tried again.
    """
    return LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=size,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",  # a free port: several folds may have a team each
        max_restarts=0,
    )


def main(size: str, program: str, *arguments: str) -> int:
    """The exit code of the team: 0, that of the first process that failed, or of a signal."""
    logging.disable(logging.CRITICAL)
    os.environ.setdefault("TORCH_ELASTIC_SHUTDOWN_TIMEOUT", str(SAVING_SECONDS))
    try:
        elastic_launch(launch_config(int(size)), program)(*arguments)
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        return failure.exitcode if failure.exitcode > 0 else 128 - failure.exitcode
    except SignalException as signalled:
        return 128 + int(signalled.sigval)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
