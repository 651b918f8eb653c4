"""The engine that the options of a command ask for."""

from argparse import Namespace

from foldwise.errors import UsageError
from foldwise.training.engine import Engine
from foldwise.training.local_engine import LocalEngine


def engine_of(options: Namespace) -> Engine:
    """Where workers run.

    Raises:
        UsageError: Ray is not installed, there is no cluster at the address, or the address is of
            no use.
    """
    if options.engine == "local":
        if options.address:
            raise UsageError(
                f"--address is of a Ray cluster, got {options.address!r} without one; add "
                f"--engine ray, or leave it out"
            )
        return LocalEngine()
    from foldwise.engines.ray_engine import RayEngine

    return RayEngine(options.address)
