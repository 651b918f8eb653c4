"""Every command: one JSON value for programs, tables of 80 columns for people."""

import re
import shutil
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from foldwise.cli.main import main
from foldwise.cli.parser import parser
from foldwise.ensembling.ensemble import blend
from foldwise.paths import Project
from tests.cli.calling import Foldwise
from tests.tiny_tfidf import train_tfidf

LONG, LONGER = "words-and-characters-seed-average", "letters-of-a-run-whose-name-is-long"
BLEND = ["--name", "blend-of-all-these", "--compare"]


class Call(NamedTuple):
    """How a command is called in a tiny project, and how many tables and charts it shows."""

    words: list[str]
    tables: int


CALLS = {
    "foldwise data": Call(["tiny-regression"], 2),
    "foldwise folds": Call(["tiny-regression", "--check"], 1),
    "foldwise train": Call(["words"], 1),
    "foldwise ensemble": Call([LONG, LONGER, "words", *BLEND], 5),
    "foldwise compare": Call([LONG, LONGER], 2),
    "foldwise submit": Call(["both-of-them-together", "--check-only"], 1),
    "foldwise kernel build": Call(["words", "--owner", "some-user"], 0),
    "foldwise kernel push": Call(["kernels/words-infer", "--check-only"], 0),
    "foldwise predict": Call(["words", "good film"], 3),
    "foldwise runs": Call(["-v"], 2),
}
TESTED_ALONE = {  # those that take seconds, and where they are called with --json
    "foldwise run": "test_everything.py",
    "foldwise ablate": "test_ablate.py",
    "foldwise tune": "test_tune.py",
    "foldwise lr-find": "test_lr_find.py",
    "foldwise doctor": "test_doctor.py",
    "foldwise report": "test_report.py",
    "foldwise kernel simulate": "test_kernel_simulate.py",
}


def commands_below(above: ArgumentParser) -> Iterator[ArgumentParser]:
    """The parsers of all commands that do something; of those of two words, the parts."""
    choices = [a.choices.values() for a in above._actions if isinstance(a, _SubParsersAction)]
    if not choices:
        yield above
    for parsers in choices:
        for one in parsers:
            yield from commands_below(one)


@pytest.fixture(scope="module")
def long_names(made_once: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny project with runs of long names, and a kernel."""
    root = tmp_path_factory.mktemp("long") / "project"
    shutil.copytree(made_once.root, root)
    project = Project(root)
    train_tfidf(project, LONG, tfidf={"characters": [1, 2]})
    train_tfidf(project, LONGER, tfidf={"words": [1, 1]})
    blend(project, [LONG, LONGER], "both-of-them-together", "nnls")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert main(["kernel", "build", "words", "--owner", "some-user", "-q"]) == 0
    return project


def test_every_command_is_called_here_or_alone() -> None:
    known = {command.prog for command in commands_below(parser())}
    assert known == CALLS.keys() | TESTED_ALONE.keys()
    for command, file in TESTED_ALONE.items():
        tests = (Path(__file__).parent / file).read_text()
        assert '"--json"' in tests, f"{command} with --json is in {file}"


@pytest.mark.parametrize("command", list(commands_below(parser())), ids=lambda c: c.prog)
def test_every_command_takes_json(command: ArgumentParser) -> None:
    assert "--json" in [name for action in command._actions for name in action.option_strings]


@pytest.mark.parametrize("command", CALLS)
def test_programs_get_one_json_value_and_people_tables_of_80_columns(
    command: str, long_names: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(long_names.root)
    monkeypatch.setenv("COLUMNS", "80")
    call = CALLS[command]
    words = [*command.split()[1:], *call.words]
    done = foldwise(*words, "--json")
    assert done.code == 0, done.err
    assert done.json  # standard output is one value, and nothing else
    shown = foldwise(*words)
    assert shown.code == 0, shown.err
    tables = re.findall(r"(?:^.+\n)?^.*─{5}(?:.*\n)*?(?=\n|\Z)", shown.out, re.MULTILINE)
    assert len(tables) == call.tables, shown.out
    assert {line for table in tables for line in table.splitlines() if len(line) > 80} == set()
