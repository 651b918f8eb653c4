"""A file that --output names: a new one, unless --replace is given."""

from argparse import Namespace
from pathlib import Path

from foldwise.errors import UsageError


def file_named(options: Namespace, what: str) -> Path | None:
    """The file to write to; None where --output names none.

    Nothing is lost by writing to it: it may be the very file that is read.

    Args:
        options: with `output` and `replace`.
        what: is written, in the plural.

    Raises:
        UsageError: a file is there and is not to be replaced, or --replace is given without a file.
    """
    if options.output is None:
        if options.replace:
            raise UsageError("--replace is of the file that --output names; add --output FILE")
        return None
    path = Path(options.output)
    if path.exists() and not options.replace:
        raise UsageError(
            f"{what} are written to a new file, but {path} is there already; name another one, or "
            f"add --replace to lose what is in it"
        )
    return path
