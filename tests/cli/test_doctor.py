"""`foldwise doctor`."""

from pathlib import Path

import pytest

from foldwise.cli.doctor import free_space, installed
from foldwise.paths import Project
from foldwise.training import precision
from tests.cli.calling import Foldwise


@pytest.fixture(autouse=True)
def _measured_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring takes seconds, and is tested elsewhere."""
    monkeypatch.setattr(precision, "probe_cpu", lambda _threads: precision.Probe(1.0, 0.5))


def test_the_machine_is_described(project: Project, foldwise: Foldwise) -> None:
    facts = foldwise("doctor", "--json").json
    assert facts["project"] == str(project.root)
    assert facts["precision"] in {"fp32", "bf16", "fp16"}
    assert facts["hub"] == "not asked, since HF_HUB_OFFLINE is set"
    assert facts["numpy"] == installed("numpy") != "not installed"


def test_it_works_outside_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, foldwise: Foldwise
) -> None:
    monkeypatch.chdir(tmp_path)
    done = foldwise("doctor")
    assert done.code == 0
    assert any(line.split() == ["project", "none", "here"] for line in done.out.splitlines())


def test_a_package_that_is_missing_is_told() -> None:
    assert installed("no-such-package") == "not installed"


def test_free_space_is_that_of_the_nearest_folder_there_is(tmp_path: Path) -> None:
    assert free_space(tmp_path / "not" / "yet").endswith(" GiB")
