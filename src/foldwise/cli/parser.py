"""The words of a command line, as options; what is wrong with them is said in a sentence."""

import re
import textwrap
from argparse import (
    SUPPRESS,
    ArgumentParser,
    Namespace,
    RawDescriptionHelpFormatter,
    _SubParsersAction,
)
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from foldwise import __version__
from foldwise.cli.commands import COMMANDS, Command
from foldwise.errors import UsageError, did_you_mean

EXIT_CODES = """exit codes:
  2 bad arguments or settings    3 bad data    4 a fold failed    5 storage
  130, 143 stopped by a signal; the same command goes on, without --fresh"""
CHOICE = re.compile(r"argument (?P<argument>\S+): invalid choice: '(?P<word>.*?)'")


class HelpFormatter(RawDescriptionHelpFormatter):
    """Help whose lines never end within a name such as `two-gpus`."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


class Parser(ArgumentParser):
    """Raises a UsageError, with the nearest name, where argparse would print its usage."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", HelpFormatter)
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise `message` as a user's error."""
        choice = CHOICE.match(message)
        if choice and choice["argument"] == "COMMAND":
            names = [str(name) for name in self._commands()]
            message = f"no command {choice['word']!r}; {did_you_mean(choice['word'], names)}"
        raise UsageError(f"{message}; see: {self.prog} --help")

    def _commands(self) -> Iterable[object]:
        """The names of the commands that this parser knows."""
        for action in self._actions:
            if isinstance(action, _SubParsersAction):
                yield from action.choices

    def refuse(self, word: str) -> NoReturn:
        """Raise that no option is called `word`."""
        options = [name for action in self._actions for name in action.option_strings]
        name = word.partition("=")[0]
        self.error(f"{self.prog} has no option {name!r}; {did_you_mean(name, options)}")


def parsed(words: Sequence[str]) -> Namespace:
    """The options of a command.

    Raises:
        UsageError: a word is no command, no option, or no value of its option.
        SystemExit: help or the version was asked for, and was printed.
    """
    options, rest = parser().parse_known_args(list(words))
    command: Parser = options.parser
    for word in rest:
        if word.startswith("-") and word != "-":
            command.refuse(word)
    if rest:  # argparse ends a list of words at the first option; they may stand after it too
        if not options.listed:
            command.error(f"one word too many: {rest[0]!r}")
        setattr(options, options.listed, [*getattr(options, options.listed), *rest])
    return options


def parser() -> Parser:
    """The parser of the whole command line."""
    whole = Parser(
        prog="foldwise",
        description="From a text competition to a leaderboard submission its owner can trust.",
        epilog=f"example:\n  {COMMANDS[0].example}\n\n{EXIT_CODES}",
    )
    whole.add_argument("--version", action="version", version=f"foldwise {__version__}")
    _add_everywhere(whole, default=True)
    _add_commands(whole, COMMANDS)
    return whole


def _add_commands(above: Parser, known: Sequence[Command]) -> None:
    """Add parsers for the commands; of those with parts, for the parts."""
    commands = above.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for one in known:
        command = commands.add_parser(
            one.name,
            help=one.does,
            description=f"{one.does[0].upper()}{one.does[1:]}.",
            epilog=f"example:\n  {one.example}\n\n{EXIT_CODES}",
        )
        command.set_defaults(module=one.module, parser=command, listed=one.listed)
        one.options(command)
        _add_everywhere(command, default=False)
        if one.parts:
            _add_commands(command, one.parts)


def _add_everywhere(command: ArgumentParser, *, default: bool) -> None:
    """The options of every command; they may stand before its name too, which holds defaults."""
    group = command.add_argument_group("everywhere")
    zero: Any = 0 if default else SUPPRESS
    group.add_argument(
        "--json",
        action="store_true",
        default=False if default else SUPPRESS,
        help="print the result as one JSON value",
    )
    group.add_argument("-q", "--quiet", action="count", default=zero, help="only results, errors")
    group.add_argument("-v", "--verbose", action="count", default=zero, help="every detail")
