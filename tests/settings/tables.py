"""Tables of settings for the tests of this folder."""

from typing import Any

import pytest

from foldwise.errors import UsageError
from foldwise.settings import Settings, checked_settings


def valid(table: dict[str, Any] | None = None) -> Settings:
    """The settings in `table`, which must be right."""
    return checked_settings({"competition": "tiny", **(table or {})}, "x.toml")


def complaints_of(table: dict[str, Any]) -> list[str]:
    """What is wrong with `table`, without the name of its file."""
    with pytest.raises(UsageError) as caught:
        valid(table)
    assert all(complaint.startswith("x.toml: ") for complaint in caught.value.complaints)
    return [complaint.removeprefix("x.toml: ") for complaint in caught.value.complaints]


def changed(table: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    """A copy of `table` with the value at the dotted `key`."""
    first, _, rest = key.partition(".")
    return {**table, first: changed(table.get(first, {}), rest, value) if rest else value}
