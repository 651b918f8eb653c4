"""Sentences in lines that a narrow terminal has room for."""

import re
import textwrap

HANGING = "  "  # before what follows a line's beginning
# What is copied to be run stays on one line, from its first word on: a terminal folds it by itself.
COMMAND = re.compile(
    r"['\"`(]?(?<!\S)['\"`(]?(foldwise [a-z]|kaggle (competitions|datasets|kernels) |rm -r |mkdir |"
    r"(uv )?pip (install|download) |\S*python\S* -m |ray start |kill \d|"
    r"make (setup|run|fast|test)\b)"
)


def wrapped(text: str, room: int) -> str:
    """`text` in lines of `room` characters, broken between words; commands and paths stay whole.

    What goes on is set in, so that the beginning of each sentence is found.
    """
    return "\n".join(
        line if len(line) <= room else _broken(line, room) for line in text.split("\n")
    )


def _broken(line: str, room: int) -> str:
    """One line, which is too long, as several."""
    found = COMMAND.search(line)
    begin = found.start() if found else len(line)
    sentence, command = line[:begin].rstrip(), line[begin:]
    indent = " " * (len(line) - len(line.lstrip())) + HANGING
    if not sentence:
        return line
    lines = textwrap.wrap(
        sentence, room, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    if len(lines) > 1 and " " not in lines[0]:
        return line  # a label and a path, which a break before it would not make shorter
    if command and len(f"{lines[-1]} {command}") <= room:
        lines[-1] += f" {command}"
    elif command:
        lines.append(f"{indent}{command}")
    return "\n".join(lines)
