"""The house rules that no other tool checks."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from foldwise.settings import Section, Settings

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "foldwise"
TESTS = ROOT / "tests"
PYTHON_FILES = sorted(
    path
    for folder in ("src", "tests", "folds", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
LONGEST = 400  # lines of a file
TESTED_FROM = 60  # lines; a shorter module may be tested through those that use it
TESTED_ELSEWHERE = {
    "training/encoder_fold.py": "whole runs, in test_encoder_run.py and test_kill.py",
    "training/fold_training.py": "whole runs, in test_encoder_run.py and test_kill.py",
    "training/fold_state.py": "resumed runs, in test_encoder_run.py and test_kill.py",
    "training/fold.py": "whole runs, in test_run.py",
    "training/workers.py": "runs with two workers, in test_run.py and test_encoder_run.py",
    "training/worker.py": "runs with two workers, in test_run.py and test_encoder_run.py",
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PYTHON_FILES, ids=named)
def test_no_file_is_too_long_to_be_read_at_once(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", PYTHON_FILES, ids=named)
def test_no_file_is_named_for_nothing(path: Path) -> None:
    assert not re.search(r"(^|_)(utils?|helpers?|common|misc)(_|$)", path.stem)


def test_every_module_has_the_tests_of_its_name() -> None:
    missing = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE)
        long = len(path.read_text(encoding="utf-8").splitlines()) > TESTED_FROM
        tests = TESTS / module.with_name(f"test_{module.name}")
        begun = tests.parent.is_dir()  # a part without any tests is another matter
        if long and begun and not tests.is_file() and str(module) not in TESTED_ELSEWHERE:
            missing.append(str(tests.relative_to(ROOT)))
    assert missing == []


def test_every_exception_is_still_one() -> None:
    for module in TESTED_ELSEWHERE:
        path = PACKAGE / module
        assert path.is_file(), f"{module} is gone"
        assert not (TESTS / path.relative_to(PACKAGE).with_name(f"test_{path.name}")).exists()


def imported_after(*arguments: str) -> set[str]:
    """The packages that Python has imported after running a program."""
    program = "import sys, json; {}; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program.format("; ".join(arguments))],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


HEAVY = {"torch", "transformers", "pandas", "sklearn", "scipy", "optuna", "tokenizers"}


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"]])
def test_the_command_line_answers_without_importing_anything_heavy(arguments: list[str]) -> None:
    run = (
        "from foldwise.cli.main import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as end: assert not end.code, end.code"
    )
    assert imported_after(f"exec({run!r})") & HEAVY == set()


@pytest.mark.parametrize(
    "module",
    [
        "foldwise.folds.making",
        "foldwise.competition.submission",
        "foldwise.predictions.table",
        "foldwise.ensembling.ensemble",
        "foldwise.pipeline.submitting",
    ],
)
def test_folds_blends_and_submissions_are_made_without_torch(module: str) -> None:
    assert imported_after(f"import {module}") & {"torch", "transformers"} == set()


def test_imports_go_one_way() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.is_file():
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def sections() -> dict[str, type[Section]]:
    found: dict[str, Any] = {name: f.annotation for name, f in Settings.model_fields.items()}
    return {
        name: kind
        for name, kind in found.items()
        if isinstance(kind, type) and issubclass(kind, Section)
    }


@pytest.mark.parametrize("name", sections())
def test_every_number_among_the_settings_has_a_range(name: str) -> None:
    schema = sections()[name].model_json_schema()
    for field, description in schema["properties"].items():
        kinds = [description, *description.get("anyOf", ()), *description.get("prefixItems", ())]
        for kind in kinds:
            if kind.get("type") in {"number", "integer"}:
                bounds = {"minimum", "exclusiveMinimum"} & kind.keys()
                assert bounds, f"{name}.{field} has no lower bound"
