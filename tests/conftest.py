"""No test sees the user's caches or the network, and none fails because the machine is busy."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:  # a process a core: their threads would wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("foldwise", deadline=None)
settings.load_profile("foldwise")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOLDWISE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.delenv("FOLDWISE_ROOT", raising=False)
        patch.delenv("COLUMNS", raising=False)  # pytest-xdist sets it: a file takes any width
        # a process takes seconds to start: only tests about workers start them, and say how many
        patch.setattr("foldwise.training.run.default_workers", lambda _settings, _engine: 1)
        yield
