"""What many tests of training begin from."""

from pathlib import Path

import pytest

from tests.tiny_encoders import make_tiny_encoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of a tiny BERT with random weights."""
    return make_tiny_encoder(tmp_path, "bert")
