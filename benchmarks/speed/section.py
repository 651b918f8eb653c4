"""A section of the page, and what all sections are made from."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

from speed.contestants import Reduced
from speed.task import Contestant, Task

from foldwise.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it.

    Attributes:
        parts: paragraphs and tables, in Markdown.
        faults: what failed, a sentence each.
    """

    title: str
    parts: list[str]
    faults: tuple[str, ...] = ()

    def as_markdown(self) -> str:
        """The section as text."""
        return "\n\n".join([f"## {self.title}", *self.parts, *self.faults])


@dataclass(frozen=True)
class Bench:
    """One encoder on the rows of one competition.

    Attributes:
        options: of the command line.
        task: what is learned.
        competition, encoder: their names.
        reduced: the precision besides fp32.
        say: tells who watches.
    """

    options: Namespace
    task: Task
    competition: str
    encoder: str
    reduced: Reduced
    say: Callable[[str], None]

    def chosen(self, contestants: list[Contestant]) -> list[Contestant]:
        """Those that `--only` leaves."""
        words = self.options.only.casefold()
        return [one for one in contestants if words in one.label.casefold()]


def checked_words(words: str, labels: list[str]) -> None:
    """Check that some contestant has `words` in its name.

    Raises:
        UsageError: none has.
    """
    if not any(words.casefold() in label.casefold() for label in labels):
        raise UsageError(f"no contestant has {words!r} in its name; {did_you_mean(words, labels)}")
