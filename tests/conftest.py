"""No test sees the user's caches or the network, and none fails because the machine is busy."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("foldwise", deadline=None)
settings.load_profile("foldwise")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOLDWISE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.delenv("FOLDWISE_ROOT", raising=False)
        # a process takes seconds to start: only tests about workers start them, and say how many
        patch.setattr("foldwise.training.run.default_workers", lambda _settings, _engine: 1)
        yield
