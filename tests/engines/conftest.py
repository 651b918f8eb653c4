from pathlib import Path

import pytest

from tests.engines.fold_folders import FOLD


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The root on the worker's machine."""
    (tmp_path / "there" / FOLD).mkdir(parents=True)
    return tmp_path / "there"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The root on the driver's machine."""
    return tmp_path / "here"
