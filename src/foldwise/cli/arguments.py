"""The commands and their options; nothing is imported here but what parsing needs."""

import argparse
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from foldwise import __version__

EXIT_CODES = (
    "exit codes: 2 bad arguments or settings, 3 bad data, 4 a fold failed, 5 storage, "
    "130/143 stopped by a signal and resumable"
)
DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
SECONDS = {"s": 1, "m": 60, "h": 3600, None: 1}


class Parser(argparse.ArgumentParser):
    """Tells the nearest command or option in its errors, and exits with 2."""

    def error(self, message: str) -> NoReturn:
        """Print usage and message, and leave."""
        wrong = re.search(r"invalid choice: '([^']*)'|unrecognized arguments: (\S+)", message)
        if wrong:
            known = [option for action in self._actions for option in action.option_strings]
            known += [str(c) for action in self._actions for c in action.choices or ()]
            close = get_close_matches(wrong[1] or wrong[2], known, n=1)
            message += f"; did you mean {close[0]}?" if close else ""
        self.print_usage()
        self.exit(2, f"{self.prog}: error: {message}\n")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command; leaves with exit code 2 when they are wrong."""
    parser = _parser()
    options, rest = parser.parse_known_args(list(arguments))
    # argparse ends a list of positionals at the first option; key=value may stand after it too
    overrides = [word for word in rest if "=" in word and not word.startswith("-")]
    unknown = [word for word in rest if word not in overrides]
    if unknown or (overrides and not hasattr(options, "overrides")):
        options.parser.error(f"unrecognized arguments: {' '.join(unknown or overrides)}")
    if overrides:
        options.overrides = [*options.overrides, *overrides]
    return options


def _parser() -> Parser:
    parser = Parser(
        prog="foldwise",
        description="From a text competition to a leaderboard submission its owner can trust.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"foldwise {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name, module, text, options in COMMANDS:
        command = commands.add_parser(name, help=text, description=text, epilog=EXIT_CODES)
        command.set_defaults(module=module, command=name, parser=command)
        options(command)
        everywhere = command.add_argument_group("everywhere")
        everywhere.add_argument("--json", action="store_true", help="print the result as JSON")
        everywhere.add_argument("-q", "--quiet", action="count", default=0, help="say less")
        everywhere.add_argument("-v", "--verbose", action="count", default=0, help="say more")
    return parser


def _run(command: argparse.ArgumentParser) -> None:
    command.add_argument("experiments", nargs="+", metavar="EXPERIMENT")
    command.add_argument("--name", help="of the submission, and of the ensemble if there is one")
    _training(command)


def _data(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="COMPETITION")
    command.add_argument(
        "--from", dest="source", metavar="DIR", help="a folder or ZIP of the files"
    )
    command.add_argument("--refresh", action="store_true", help="fetch again what is there")
    command.add_argument(
        "--encoder", default="minilm-l6", help="whose tokens lengths are counted in"
    )
    command.add_argument(
        "--max-length", type=int, default=256, help="tokens, for the share over it"
    )


def _folds(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="COMPETITION")
    command.add_argument("--n", type=int, default=5, help="how many (5)")
    command.add_argument(
        "--strategy",
        default="auto",
        help="auto, kfold, stratified, group, stratified-group or multilabel",
    )
    command.add_argument("--seed", type=int, default=42, help="another seed, other folds (42)")
    command.add_argument(
        "--criteria", default="", help="what the folds share the distribution of: target,length"
    )
    command.add_argument(
        "--group-duplicates", action="store_true", help="keep nearly equal texts in one fold too"
    )
    command.add_argument("--check", action="store_true", help="only check the table that is there")
    command.add_argument("--force", action="store_true", help="replace a table with other folds")


def _train(command: argparse.ArgumentParser) -> None:
    command.add_argument("experiment", metavar="EXPERIMENT")
    command.add_argument("overrides", nargs="*", metavar="key=value", default=[])
    command.add_argument("--name", help="of the run's folder; by default the experiment's name")
    command.add_argument("--folds", type=_numbers, help="only these, such as 0,2")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="insist on going on with a run")
    _training(command, how)
    command.add_argument("--max-time", type=duration, help="begin no fold after, such as 8h or 50m")


def _training(
    command: argparse.ArgumentParser,
    how: "argparse.ArgumentParser | argparse._MutuallyExclusiveGroup | None" = None,
) -> None:
    (how or command).add_argument(
        "--fresh", action="store_true", help="set an old run aside and begin again"
    )
    command.add_argument("--fast", action="store_true", help="a minute: few rows, two folds")
    command.add_argument("--workers", type=_count, default=1, help="folds trained at once (1)")


def _ensemble(command: argparse.ArgumentParser) -> None:
    command.add_argument("runs", nargs="+", metavar="RUN")
    command.add_argument("--name", required=True, help="of the new run")
    command.add_argument("--method", choices=["mean"], default="mean", help="how to blend (mean)")
    command.add_argument("--weights", type=_shares, help="one a run, such as 3,1; not fitted")


def _submit(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN")
    command.add_argument("--name", help="of the submission; by default the run's")
    command.add_argument("--check-only", action="store_true", help="check, and write nothing")


def _predict(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN")
    command.add_argument(
        "texts", nargs="+", metavar="FILE|TEXT", help="a CSV, or texts as they are"
    )
    command.add_argument("--output", help="a CSV to write; by default a table is printed")


def _nothing(_command: argparse.ArgumentParser) -> None:
    pass


def duration(text: str) -> float:
    """Seconds of a duration such as 90, 50m or 8h."""
    match = DURATION.fullmatch(text)
    if not match:
        raise argparse.ArgumentTypeError(f"a duration is a number with s, m or h, got {text!r}")
    return float(match[1]) * SECONDS[match[2]]


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"numbers with commas, such as 0,2; got {text!r}"
        ) from None


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"weights with commas, such as 3,1; got {text!r}"
        ) from None


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1, got {text!r}")
    return int(text)


COMMANDS = (
    ("run", "everything", "everything: data, folds, train, ensemble, submission", _run),
    ("data", "data", "fetch a competition's files, check and describe them", _data),
    ("folds", "folds", "make the fold table, or check it", _folds),
    ("train", "train", "train an experiment's folds; goes on where it was", _train),
    ("ensemble", "ensemble", "blend finished runs into a run of its own", _ensemble),
    ("submit", "submit", "a checked submission from a finished run", _submit),
    ("predict", "predict", "predict new rows, or one text", _predict),
    ("runs", "runs", "a table of runs with honest scores", _nothing),
    ("doctor", "doctor", "versions, hardware, disk, encoders, network", _nothing),
)
