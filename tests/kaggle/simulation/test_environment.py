"""The kernel's Python: what is installed here, without Foldwise."""

import json
import subprocess
from pathlib import Path

import pytest

from foldwise.kaggle.simulation.environment import ABSENT, kernel_environment, make_python

SEEN = """import importlib.util, json, sys
names = ["foldwise", "iterstrat", "numpy", "pip", "ipykernel"]
print(json.dumps({n: importlib.util.find_spec(n) is not None for n in names}))"""


def test_a_kernel_sees_what_is_installed_but_neither_foldwise_nor_what_kaggle_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3] / "src"))
    python = make_python(tmp_path)
    done = subprocess.run(
        [python, "-c", SEEN],
        env=kernel_environment(tmp_path, python),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(done.stdout) == {
        "foldwise": False,
        "iterstrat": False,
        "numpy": True,
        "pip": True,
        "ipykernel": True,
    }


@pytest.mark.parametrize(
    "name",
    [
        "foldwise",
        "foldwise-0.1.0.dist-info",
        "foldwise.egg-link",
        "__editable__.foldwise-0.1.0.pth",
        "__editable___foldwise_0_1_0_finder.py",
        "iterative_stratification-0.1.9.dist-info",
        "iterstrat",
    ],
)
def test_whatever_belongs_to_foldwise_is_left_out(name: str) -> None:
    assert ABSENT.fullmatch(name)


@pytest.mark.parametrize("name", ["foldwiser", "numpy", "my_foldwise", "iterstrategies"])
def test_names_that_only_begin_alike_are_kept(name: str) -> None:
    assert not ABSENT.fullmatch(name)


def test_no_variable_of_this_process_leads_a_kernel_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLDWISE_ROOT", "/somewhere")
    monkeypatch.setenv("FOLDWISE_CACHE", "/somewhere")
    environment = kernel_environment(tmp_path, tmp_path / "bin" / "python", KIND="own")
    assert "/somewhere" not in environment.values()
    assert environment["KIND"] == "own"
    assert environment["HOME"].startswith(str(tmp_path))
