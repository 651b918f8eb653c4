"""A section of the page, and what all sections are made from."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from speed.contestants import Reduced, other_attention
from speed.encoder_shape import can_be_packed
from speed.task import Attention, Contestant, Task

from foldwise.errors import Complaints, UsageError, did_you_mean


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

    @property
    def other_attention(self) -> Attention | None:
        """The attention that Foldwise does not choose by itself; None: the family has but one."""
        return other_attention(self.task.device) if can_be_packed(self.task.encoder) else None

    def chosen(self, contestants: list[Contestant]) -> list[Contestant]:
        """Those that `--only` leaves.

        Raises:
            UsageError: nobody.
        """
        asked = self.options.only or [""]
        left = [one for one in contestants if any(has(one.label, words) for words in asked)]
        if not left:
            raise UsageError(
                f"--only {' '.join(map(repr, asked))} leaves nobody of those who can take part "
                f"with {self.encoder}: {', '.join(one.label for one in contestants)}; name one"
            )
        return left


def has(label: str, words: str) -> bool:
    """Whether a contestant's name has `words` in it, capital or small."""
    return words.casefold() in label.casefold()


def checked_words(asked: Sequence[str], labels: list[str]) -> None:
    """Check that each of `asked` is in the name of some contestant.

    Raises:
        UsageError: one of them is in none; all such complaints at once.
    """
    complaints = Complaints()
    for words in asked:
        if not any(has(label, words) for label in labels):
            advice = did_you_mean(words, labels)
            complaints.add(f"no contestant has {words!r} in its name; {advice}")
    complaints.raise_if_any(UsageError)
