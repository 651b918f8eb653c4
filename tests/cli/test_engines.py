import sys
from argparse import Namespace

import pytest

from foldwise.cli.engines import engine_of
from foldwise.errors import UsageError
from foldwise.training.local_engine import LocalEngine


def test_workers_run_here_unless_told_otherwise() -> None:
    assert isinstance(engine_of(Namespace(engine="local", address=None)), LocalEngine)


def test_an_address_without_a_cluster_is_refused() -> None:
    with pytest.raises(UsageError, match="--address is of a Ray cluster, got 'auto' without one"):
        engine_of(Namespace(engine="local", address="auto"))


def test_ray_that_is_not_installed_is_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # an import of it fails
    monkeypatch.delitem(sys.modules, "foldwise.engines.ray_engine", raising=False)
    with pytest.raises(UsageError) as caught:
        engine_of(Namespace(engine="ray", address=None))
    assert str(caught.value) == (
        "--engine ray needs Ray, which is not installed here; run: pip install 'foldwise[ray]'"
    )
