"""Whether a setting is read at all, given the others: what nothing reads need not be tuned."""

from foldwise.settings.combinations import READ
from foldwise.settings.experiment import Settings
from foldwise.settings.unread import SELECTORS


def depends_on_others(key: str) -> bool:
    """Whether the setting with this dotted name is read only under a condition."""
    section, _, name = key.partition(".")
    return any(key in read.keys for read in READ) or any(
        selector.section == section and name in selector.readers for selector in SELECTORS
    )


def is_read(chosen: Settings, key: str) -> bool:
    """Whether anything would read the setting with this dotted name; True of one in a stage.

    In stages a value is inherited, or not, so that a single stage cannot tell.
    """
    return all(conditions(chosen, key))


def conditions(chosen: Settings, key: str) -> list[bool]:
    """Whether each of the conditions holds under which the setting is read."""
    held = [read.where(chosen) for read in READ if key in read.keys]
    section, _, name = key.partition(".")
    for selector in SELECTORS:
        readers = selector.readers.get(name) if selector.section == section else None
        parts = [getattr(stage, selector.section) for stage in chosen.all_stages()]
        if readers:
            held.append(any(getattr(part, selector.name) in readers for part in parts))
    return held
