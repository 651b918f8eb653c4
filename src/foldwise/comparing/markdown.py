"""An ablation as a page of Markdown, for people who were not there."""

from foldwise.comparing.ablation import Ablation
from foldwise.comparing.ablation_table import remarks, table_of, title_of
from foldwise.comparing.forest import forest_lines

SPECIAL = ("\\", "|", "*", "_", "<", "`", "[")


def markdown_of(ablation: Ablation, picture: str | None) -> str:
    """The page: table, plot, sentences.

    Args:
        ablation: what was found.
        picture: the file name of the plot beside the page; None: there is none.
    """
    table = table_of(ablation)
    rules = ["---:" if numeric else "---" for numeric in table.numeric]
    lines = [f"# {_plain(title_of(ablation))}", "", _row(table.columns), f"| {' | '.join(rules)} |"]
    lines += [_row(row) for row in table.rows]
    lines += ["", *(f"- {_plain(remark)}" for remark in remarks(ablation))]
    if plot := forest_lines(ablation):
        lines += ["", "```", *plot, "```"]
    if picture is not None:
        lines += ["", f"![each variant's difference from the base, with its interval]({picture})"]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """`text` without what Markdown would obey, in one line."""
    for character in SPECIAL:
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
