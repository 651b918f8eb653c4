"""The entry of the command line: arguments in, exit code out."""

import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence

from foldwise.cli.failures import drop_stdout, explained, interrupted, sigterm_raised
from foldwise.cli.notes import warnings_as_notes
from foldwise.cli.output import Output
from foldwise.cli.parser import parsed, parser
from foldwise.errors import FoldwiseError


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one command.

    A user's error is a message without a traceback; anything unexpected is a bug, and shows one.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    _take_any_character()
    if not words:
        sys.stderr.write(parser().format_help())
        return 2
    output = Output(json="--json" in words)
    try:
        with sigterm_raised(), warnings_as_notes(output):
            return _guarded(words, output)
    except BrokenPipeError:
        drop_stdout()
        return 128 + signal.SIGPIPE


def _guarded(words: Sequence[str], output: Output) -> int:
    try:
        return _obeyed(words, output)
    except KeyboardInterrupt:
        failure: FoldwiseError = interrupted(signal.SIGINT)
    except BrokenPipeError:
        raise
    except Exception as error:
        known = explained(error)
        if known is None:
            output.bug(error)
            raise
        failure = known
    output.error(failure.of_fresh() if output.fresh else failure)
    return failure.exit_code


def _obeyed(words: Sequence[str], output: Output) -> int:
    """Run the command; only now is anything imported that takes time."""
    try:
        options = parsed(words)
    except SystemExit:  # help or the version was asked for
        sys.stdout.flush()
        return 0
    output.json, output.level = options.json, options.verbose - options.quiet
    output.fresh = getattr(options, "fresh", False)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    code = importlib.import_module(f"foldwise.cli.{options.module}").run(options, output)
    output.finish()
    return int(code or 0)  # most commands have no verdict: they succeed, or raise an error


def _take_any_character() -> None:
    """Let output never fail for a character that the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
