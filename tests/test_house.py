"""The house rules that no other tool checks."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from foldwise.settings import Section, Settings
from tests.settings.field_reads import sections_below

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
SIMULATED = "whole simulations, in tests/kaggle/simulation/test_simulating.py"
TESTED_ELSEWHERE = {  # a module, or a folder of them, and where its tests are
    "cli/": "whole commands, in tests/cli",
    "pipeline/": "whole commands, in tests/cli and tests/pipeline",
    "ensembling/methods/label_scoring.py": "all scorings, in test_scorings.py",
    "ensembling/methods/product_scoring.py": "all scorings, in test_scorings.py",
    "kaggle/simulation/case_files.py": "what is written is read back, in test_case_rows.py",
    "kaggle/simulation/executing.py": SIMULATED,
    "kaggle/simulation/inference_case.py": SIMULATED,
    "kaggle/simulation/input_tree.py": SIMULATED,
    "kaggle/simulation/isolation.py": SIMULATED,
    "kaggle/simulation/job.py": SIMULATED,
    "kaggle/simulation/judging.py": SIMULATED,
    "kaggle/simulation/outcome.py": SIMULATED,
    "kaggle/simulation/probes.py": SIMULATED,
    "kaggle/simulation/sandbox.py": SIMULATED,
    "kaggle/simulation/session.py": SIMULATED,
    "kaggle/simulation/verdict.py": SIMULATED,
    "kaggle/building/inference_notebook.py": "whole notebooks, in tests/kaggle/test_notebooks.py",
    "kaggle/building/shared_cells.py": "whole notebooks, in tests/kaggle/test_notebooks.py",
    "kaggle/building/training_notebook.py": "whole notebooks, in tests/kaggle/test_notebooks.py",
    "kaggle/building/kernel.py": "whole commands, in tests/cli/test_kernel.py",
    "kaggle/building/packing.py": "whole commands, in tests/cli/test_kernel.py",
    "kaggle/building/training_kernel.py": "whole sessions, in kaggle/session/test_training.py",
    "kaggle/session/inference.py": "whole notebooks, in tests/kaggle/test_notebooks.py",
    "kaggle/session/picture.py": "whole notebooks, in tests/kaggle/test_notebooks.py",
    "kaggle/session/report.py": "whole notebooks, in tests/kaggle/test_notebooks.py",
    "kaggle/session/session.py": "whole notebooks, in tests/kaggle/test_notebooks.py",
    "kaggle/session/worker.py": "its driver, in tests/kaggle/session/test_workers.py",
    "competition/sources/running_kaggle.py": "its callers, in test_kaggle_program.py",
    "hub.py": "the search for an encoder, in test_encoders.py",
    "competition/competition.py": "competitions that are wrong, in test_loading.py",
    "competition/submission_faults.py": "submissions that are wrong, in test_submission.py",
    "competition/sources/fetched.py": "whole fetches, in test_fetch.py",
    "tokenization/encoding.py": "tokens of all families, in test_tokens.py",
    "tokenization/tokens_file.py": "tokens read back from the cache, in test_tokens.py",
    "training/prediction.py": "predictions of a learner, in test_loop.py",
    "training/encoder_fold.py": "whole runs, in test_encoder_run.py and test_kill.py",
    "training/frozen_states.py": "training on kept states, in test_freezing.py",
    "training/fold_state.py": "resumed runs, in test_encoder_run.py and test_kill.py",
    "training/fold.py": "whole runs, in test_run.py",
    "tuning/curves.py": "pictures, in tests/tuning/test_pictures.py",
    "tuning/deciding.py": "whole studies, in tests/tuning/test_driving.py",
    "tuning/study.py": "whole studies, in tests/tuning/test_driving.py",
    "tuning/tables.py": "whole studies, in tests/tuning/test_driving.py",
    "tuning/trials.py": "whole studies, in tests/tuning/test_driving.py",
    "tuning/jobs.py": "whole studies, in tests/tuning/test_driving.py",
    "tuning/workers.py": "whole studies, in tests/tuning/test_driving.py and test_kill.py",
    "tuning/request.py": "requests that are wrong, in tests/tuning/test_plan.py",
    "reporting/classification.py": "whole reports, in tests/reporting/test_report.py",
    "reporting/data_section.py": "whole reports, in tests/reporting/test_report.py",
    "reporting/ensemble_section.py": "whole reports, in tests/reporting/test_report.py",
    "reporting/headline.py": "whole reports, in tests/reporting/test_report.py",
    "reporting/regression.py": "whole reports, in tests/reporting/test_report.py",
    "reporting/reported_run.py": "whole reports, in tests/reporting/test_report.py",
    "reporting/section.py": "whole reports, in tests/reporting/test_report.py",
    "reporting/side_by_side.py": "whole reports, in tests/reporting/test_report.py",
    "reporting/tuning_section.py": "whole reports, in tests/reporting/test_report.py",
    "reporting/worst_rows.py": "whole reports, in tests/reporting/test_report.py",
    "training/worker_process.py": "workers of this machine, in test_local_engine.py",
    "training/engine.py": "whole runs on both engines, in test_workers.py and tests/engines",
    "training/worker.py": "runs with two workers, in test_run.py and test_encoder_run.py",
}


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    assert [str(path) for path in PYTHON_FILES if lines_of(path) > LONGEST] == []


def test_no_file_is_named_for_nothing() -> None:
    nothing = re.compile(r"(^|_)(utils?|helpers?|common|misc)(_|$)")
    assert [str(path) for path in PYTHON_FILES if nothing.search(path.stem)] == []


def test_every_module_has_the_tests_of_its_name() -> None:
    missing = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE)
        tests = TESTS / module.with_name(f"test_{module.name}")
        elsewhere = str(module).startswith(tuple(TESTED_ELSEWHERE))
        if lines_of(path) > TESTED_FROM and not tests.is_file() and not elsewhere:
            missing.append(str(tests.relative_to(ROOT)))
    assert missing == []


def test_every_exception_is_of_something_that_exists() -> None:
    assert [name for name in TESTED_ELSEWHERE if not (PACKAGE / name).exists()] == []


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
        "foldwise.comparing.paired",
        "foldwise.comparing.markdown",
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


@pytest.mark.parametrize("section", sections_below(Settings), ids=lambda s: s.__name__)
def test_every_number_among_the_settings_has_a_range(section: type[Section]) -> None:
    schema = section.model_json_schema()
    for field, description in schema["properties"].items():
        kinds = [description, *description.get("anyOf", ()), *description.get("prefixItems", ())]
        for kind in kinds:
            if kind.get("type") in {"number", "integer"}:
                bounds = {"minimum", "exclusiveMinimum"} & kind.keys()
                assert bounds, f"{section.__name__}.{field} has no lower bound"


def test_no_test_may_wait_for_ever(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.hasplugin("timeout")
    assert float(pytestconfig.getini("timeout")) > 0
