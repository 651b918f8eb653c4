"""The notebooks: clean in git, and running from top to bottom."""

from pathlib import Path
from typing import Any

import pytest

from foldwise.paths import Project
from tests.tiny_competitions import tiny_classification, tiny_regression
from tests.tiny_encoders import make_tiny_encoder
from tests.training.tiny_runs import train_tiny

nbformat: Any = pytest.importorskip("nbformat")
nbclient: Any = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS = 300  # a cell may take on a machine that others keep busy


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A regression with the run `looks`, and a classification with the run `labels`."""
    root = tmp_path_factory.mktemp("project")
    tiny_classification(root)
    project = tiny_regression(root)
    make_tiny_encoder(root / "encoder", "bert")
    attention, short = {"kind": "attention", "hidden": 8}, {"epochs": 1.0, "folds": 2}
    train_tiny(project, "looks", pooling=attention, training=short)
    train_tiny(project, "labels", competition="tiny-classification", training=short)
    return project


def executed(path: Path, root: Path) -> Any:
    """The notebook after running all its cells in `root`."""
    book = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(root)}}
    return nbclient.NotebookClient(book, timeout=SECONDS, resources=resources).execute()


def shown_kinds(book: Any) -> list[set[str]]:
    """For each code cell the kinds of what it shows."""
    return [
        {kind for output in cell.outputs for kind in output.get("data", ())}
        for cell in book.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_clean_and_whole(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert book.metadata.kernelspec.name == "python3"
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert [cell.execution_count for cell in code] == [None] * len(code)
    assert book.cells[0].cell_type == "markdown"


@pytest.mark.parametrize("competition", ["tiny-regression", "tiny-classification"])
def test_a_competition_is_explored_from_top_to_bottom(
    competition: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLDWISE_COMPETITION", competition)
    kinds = shown_kinds(executed(FOLDER / "01-explore.ipynb", project.root))
    assert all(kinds)
    assert sum("image/png" in one for one in kinds) == 3


@pytest.mark.parametrize("run", ["looks", "labels"])
def test_a_run_is_read_from_top_to_bottom(
    run: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLDWISE_RUN", run)
    kinds = shown_kinds(executed(FOLDER / "04-read-a-run.ipynb", project.root))
    assert all(kinds)
    assert sum("image/png" in one for one in kinds) == 3
    assert sum("text/html" in one for one in kinds) >= 4


def test_the_log_is_there() -> None:
    assert (FOLDER / "LOG.md").read_text(encoding="utf-8").startswith("# Log\n")
