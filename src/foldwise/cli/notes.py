"""Warnings as notes on standard error: plain sentences, without the lines of code of Python's."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from foldwise.cli.output import Output
from foldwise.errors import FoldwiseWarning


@contextmanager
def warnings_as_notes(output: Output) -> Iterator[None]:
    """Say each of Foldwise's warnings once, in full; those of libraries as a line of detail."""
    said: set[str] = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,  # noqa: ARG001 - the signature that warnings expects
        line: str | None = None,  # noqa: ARG001
    ) -> None:
        text = str(message)
        if text in said:
            return
        said.add(text)
        if issubclass(category, FoldwiseWarning):
            output.say(f"note: {text}")
        else:  # about the code of a library, which the user of this command cannot change
            first = (text.splitlines() or [""])[0]
            output.detail(f"note: {category.__name__} of {Path(filename).name}:{lineno}: {first}")

    with warnings.catch_warnings():
        # a warning of ours is about data or settings: the same line of code may have several
        warnings.simplefilter("always", FoldwiseWarning)
        warnings.showwarning = show
        yield
