"""What a report is made of: sections, a block for each run in them, and what stands in a block."""

from collections.abc import Sequence
from dataclasses import dataclass

from foldwise.reporting.plot import Plot


@dataclass(frozen=True)
class Fact:
    """A number that is read first.

    Attributes:
        name: what it is.
        value: with its noise.
        note: a few words below it.
    """

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table of finished cells.

    Attributes:
        caption: what it shows.
        columns: the header.
        numeric: of each column, whether it holds numbers, which stand to the right.
        rows: the cells.
    """

    caption: str
    columns: Sequence[str]
    numeric: Sequence[bool]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Span:
    """A piece of a text.

    Attributes:
        text: of it.
        shade: from 0 to 1, how much it is to stand out; below 0, how much it speaks against what
            others speak for.
        weight: as a number to read, such as "12.0 %"; empty: it has none.
    """

    text: str
    shade: float = 0.0
    weight: str = ""


@dataclass(frozen=True)
class ShownRow:
    """A row with its text.

    Attributes:
        id: of the row.
        facts: short, such as "true 2.1", "predicted 4.0".
        parts: the texts of the row, each in pieces.
    """

    id: str
    facts: Sequence[str]
    parts: Sequence[Sequence[Span]]


@dataclass(frozen=True)
class Block:
    """What a section has to say of one run; all of it may be empty.

    Attributes:
        run: its name; empty where the block is of no run in particular.
        sentences: to be read before anything else; why something is missing, too.
    """

    run: str = ""
    facts: Sequence[Fact] = ()
    sentences: Sequence[str] = ()
    plots: Sequence[Plot] = ()
    tables: Sequence[Table] = ()
    rows: Sequence[ShownRow] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not (self.facts or self.sentences or self.plots or self.tables or self.rows)


def joined(first: Block, *others: Block) -> Block:
    """Blocks of one run as one: facts, then sentences, plots, tables and rows of all."""
    blocks = (first, *others)
    return Block(
        first.run,
        [fact for block in blocks for fact in block.facts],
        [sentence for block in blocks for sentence in block.sentences],
        [plot for block in blocks for plot in block.plots],
        [table for block in blocks for table in block.tables],
        [row for block in blocks for row in block.rows],
    )


@dataclass(frozen=True)
class Section:
    """One part of the page.

    Attributes:
        key: its anchor.
        title: its heading.
        blocks: side by side where there are several.
    """

    key: str
    title: str
    blocks: Sequence[Block]
