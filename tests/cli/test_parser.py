"""Words of a command line that are right or wrong."""

from pathlib import Path

import pytest

from foldwise.cli.commands import COMMANDS, KERNEL_COMMANDS, Command
from foldwise.cli.parser import EXIT_CODES, parsed
from foldwise.errors import UsageError
from tests.cli.calling import Foldwise, run_python

HEAVY = ("numpy", "pandas", "torch", "transformers", "pydantic", "rich", "sklearn")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trian", "a"], "no command 'trian'; did you mean 'train'?; see: foldwise --help"),
        (["train", "a", "--fodls", "0"], "has no option '--fodls'; did you mean '--folds'?"),
        (["train", "a", "--fold=0"], "has no option '--fold'; did you mean '--folds'?"),
        (["submit"], "the following arguments are required: RUN; see: foldwise submit --help"),
        (["submit", "a", "b"], "one word too many: 'b'; see: foldwise submit --help"),
        (["train", "a", "--folds", "0,x"], "folds are numbers with commas, such as 0,2: got '0,x'"),
        (
            ["train", "a", "--max-time", "1d"],
            "a number with s, m or h (seconds, minutes, hours), such as 8h or 50m: got '1d'",
        ),
        (["train", "a", "--workers", "0"], "a whole number from 1: got '0'"),
        (["train", "a", "--name", ""], "a name has a character at least: got ''"),
        (["report", "a", "--output", "/dev/null/x/a.html"], "into a folder, but /dev/null is none"),
        (["folds", "a", "--n", "1"], "a whole number from 2: got '1'"),
        (["train", "a", "--fresh", "--resume"], "--resume: not allowed with argument --fresh"),
        (["ensemble", "a", "b"], "the following arguments are required: --name"),
        (["ensemble", "a", "b", "--name", "c", "--weights", "3;1"], "such as 3,1: got '3;1'"),
        (["ensemble", "a", "b", "--name", "c", "--method", "best"], "invalid choice: 'best'"),
        (["folds", "a", "--criteria", "x,,y"], "such as target,length: got 'x,,y'"),
    ],
)
def test_what_is_wrong_with_the_words_is_said_in_a_sentence(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(words)
    assert message in str(caught.value)


def test_settings_may_stand_before_and_after_options() -> None:
    options = parsed(["train", "a", "seed=1", "--folds", "0,2,0", "rates.top=0", "-v", "x=2"])
    assert options.overrides == ["seed=1", "rates.top=0", "x=2"]
    assert options.folds == (0, 2)


def test_experiments_and_runs_may_stand_after_options() -> None:
    assert parsed(["run", "a", "--fast", "b", "c"]).experiments == ["a", "b", "c"]
    assert parsed(["ensemble", "--name", "x", "a", "b"]).runs == ["a", "b"]


def test_the_options_of_every_command_may_stand_before_its_name() -> None:
    before = parsed(["--json", "-v", "runs"])
    after = parsed(["runs", "--json", "-v"])
    assert (before.json, before.verbose) == (after.json, after.verbose) == (True, 1)
    assert parsed(["runs", "-qq"]).quiet == 2


def test_a_text_that_begins_with_a_dash_stands_after_two() -> None:
    assert parsed(["predict", "a", "--", "-bad"]).texts == ["-bad"]


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_has_help_with_an_example_and_the_exit_codes(
    name: str, foldwise: Foldwise
) -> None:
    done = foldwise(name, "--help")
    assert (done.code, done.err) == (0, "")
    command = next(command for command in COMMANDS if command.name == name)
    assert f"example:\n  {command.example}" in done.out
    assert EXIT_CODES in done.out
    assert all(len(line) <= 80 for line in done.out.replace(command.example, "").splitlines())


def every_command() -> list[Command]:
    """The commands that do something: of those of two words, the parts."""
    return [one for command in COMMANDS for one in (command.parts or (command,))]


def test_every_example_can_be_parsed() -> None:
    for command in every_command():
        words = command.example.replace('"A film to remember."', "text").split()
        assert parsed(words[1:]).module == command.module


def test_every_option_has_a_help_text(foldwise: Foldwise) -> None:
    kernels = [("kernel", part.name) for part in KERNEL_COMMANDS]
    for words in [*((command.name,) for command in COMMANDS), *kernels]:
        lines = foldwise(*words, "--help").out.splitlines()
        for i, line in enumerate(lines):
            if line.startswith("  -"):
                told = len(line.split("  ")) > 2 or lines[i + 1].startswith(" " * 20)
                assert told, f"{' '.join(words)}: {line}"


def test_no_command_at_all_shows_the_help_and_is_a_bad_argument(foldwise: Foldwise) -> None:
    done = foldwise()
    assert (done.code, done.out) == (2, "")
    assert "doctor" in done.err


def test_the_version_is_told(foldwise: Foldwise) -> None:
    done = foldwise("--version")
    assert done.code == 0
    assert done.out.startswith("foldwise ")


def test_help_imports_no_heavy_package_and_takes_less_than_half_a_second(
    tmp_path: Path,
) -> None:
    program = f"""
import sys, time
from foldwise.cli.main import main
for words in (["--help"], ["train", "--help"], ["trian"]):
    main(words)
assert not set(sys.modules) & set({HEAVY!r}), set(sys.modules) & set({HEAVY!r})
assert time.process_time() < 0.5, time.process_time()
"""
    done = run_python(tmp_path, program)
    assert done.code == 0, done.err
