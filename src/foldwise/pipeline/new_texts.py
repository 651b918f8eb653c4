"""New texts with ids: the rows of a file, or the words of a command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from foldwise.competition.competition import Competition
from foldwise.competition.loading import load_rows
from foldwise.errors import UsageError, counted

TABLES = {".csv", ".tsv", ".zip"}


class NewTexts(NamedTuple):
    """Texts, as many parts each as the competition has text columns; rows of a file, or words."""

    ids: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    from_file: bool


def new_texts(words: Sequence[str], competition: Competition) -> NewTexts:
    """The rows of the one file that was named, else the words: each a text, or two a pair.

    Raises:
        UsageError: a file is missing, a text is blank, or the words are no whole number of pairs.
        DataError: the file lacks a column, or has other faults.
    """
    if len(words) == 1 and _is_file(words[0]):
        rows = load_rows(Path(words[0]), competition)
        return NewTexts(rows.ids, rows.texts, from_file=True)
    if len(words) == 1 and _is_folder(words[0]):
        raise UsageError(
            f"{words[0]} is a folder; give a file like {competition.files.test}, or a text in "
            f"quotation marks"
        )
    if len(words) == 1 and Path(words[0]).suffix in TABLES and " " not in words[0]:
        raise UsageError(
            f"{words[0]} does not exist; give a file like {competition.files.test}, or a text in "
            f"quotation marks"
        )
    files = [word for word in words if Path(word).suffix in TABLES and _is_file(word)]
    if files:
        raise UsageError(
            f"one file is predicted at a time, or texts, but {files[0]} is a file among "
            f"{len(words)} words; give it alone"
        )
    for i, word in enumerate(words, start=1):
        if not word.strip():  # mostly a variable of the shell that is not set
            raise UsageError(
                f"a text to predict has words, but text {i} of {len(words)} is blank: got "
                f"{word!r}; write it in quotation marks (blank rows of a file are predicted)"
            )
    width = len(competition.text)
    if len(words) % width:
        raise UsageError(
            f"{competition.name} predicts from {' and '.join(competition.text)}: give "
            f"{counted(width, 'text')} each time, got {len(words)}"
        )
    texts = tuple(tuple(words[i : i + width]) for i in range(0, len(words), width))
    return NewTexts(tuple(str(i + 1) for i in range(len(texts))), texts, from_file=False)


def _is_folder(word: str) -> bool:
    """Whether `word` can only mean a folder: a single word with a slash, of one that is there."""
    try:
        return "/" in word and " " not in word and Path(word).is_dir()
    except OSError:
        return False


def _is_file(word: str) -> bool:
    """Whether `word` names a file; a long text cannot, and the system refuses to look."""
    try:
        return Path(word).is_file()
    except OSError:
        return False
