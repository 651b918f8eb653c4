"""The entry of the command line: arguments in, exit code out."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence

from foldwise.cli.arguments import parsed
from foldwise.cli.output import Output
from foldwise.errors import FoldwiseError


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one command.

    A user's error is a message without a traceback; anything unexpected is a bug, and shows one.
    """
    options = parsed(sys.argv[1:] if arguments is None else arguments)
    output = Output(json=options.json, level=options.verbose - options.quiet)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    command = importlib.import_module(f"foldwise.cli.{options.module}")
    try:
        command.run(options, output)
    except FoldwiseError as error:
        output.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return 128 + signal.SIGINT
    except BrokenPipeError:  # the reader of our output went away, such as `head`
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        return 128 + signal.SIGPIPE
    return 0
