"""Tiny encoders, made once a session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny_encoders import FAMILIES, Family, make_tiny_encoder

TinyEncoder = Callable[[Family], Path]


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> TinyEncoder:
    """The folder of a family's tiny encoder: read it, never write into it."""
    folders: dict[Family, Path] = {}

    def folder_of(family: Family) -> Path:
        if family not in folders:
            folders[family] = make_tiny_encoder(tmp_path_factory.mktemp(family), family)
        return folders[family]

    return folder_of


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    chosen: Family = request.param
    return chosen


@pytest.fixture
def folder(family: Family, tiny_encoder: TinyEncoder) -> Path:
    """The tiny encoder of each family in turn."""
    return tiny_encoder(family)


@pytest.fixture
def bert(tiny_encoder: TinyEncoder) -> Path:
    return tiny_encoder("bert")
