from pathlib import Path

from foldwise.journal import Journal
from foldwise.paths import Project
from foldwise.reporting.curves import CurvePoint, FoldCurves, curves_block, fold_curves
from foldwise.reporting.reported_run import read_runs
from foldwise.storage import write_json

RESULT = {
    "fold": 0, "score": 1.0, "rows": 5, "training_rows": 10, "looks": 2, "seconds": 1.0,
    "facts": {"kept_step": 4, "collapses": 1},
}  # fmt: skip


def folder_of(run: Path) -> Path:
    folder = run / "fold-0"
    folder.mkdir(parents=True)
    write_json(folder / "result.json", RESULT)
    return folder


def test_only_the_last_attempt_is_shown_and_what_was_done_twice_once(tmp_path: Path) -> None:
    journal = Journal(folder_of(tmp_path) / "journal.jsonl")
    journal.write("look", step=2, loss=9.0, score=9.0, rates={})
    journal.write("collapsed", step=2)
    journal.write("look", step=2, loss=3.0, score=2.0, losses=[[1, 4.0], [2, 2.0]], rates={})
    journal.write("look", step=4, loss=1.5, score=1.6, rates={"head": 1.0})
    journal.write("resumed", step=2)  # killed after the evaluation, before its checkpoint
    journal.write("look", step=4, loss=1.0, score=1.5, rates={"head": 0.5})

    found = fold_curves(tmp_path, 0)
    assert found is not None
    assert list(found.losses) == [CurvePoint(1, 4.0), CurvePoint(2, 2.0), CurvePoint(4, 1.0)]
    assert list(found.scores) == [CurvePoint(2, 2.0), CurvePoint(4, 1.5)]
    assert found.rates[4] == {"head": 0.5}
    assert (found.kept, found.collapses, found.training_rows) == (4, 1, 10)


def test_a_fold_without_a_journal_or_a_result_has_no_curves(tmp_path: Path) -> None:
    assert fold_curves(tmp_path, 0) is None
    folder_of(tmp_path)
    assert fold_curves(tmp_path, 0) is None


def test_what_is_told_of_a_loss_that_rises_is_not_that_it_falls(project: Project) -> None:
    (run,) = read_runs(project, ["attention"])
    rising = [CurvePoint(1, 0.5), CurvePoint(2, 1.5)]
    curves = FoldCurves(0, rising, rising, {}, 0, 0, 10)
    loss = curves_block(run, [curves]).plots[0]
    assert loss.alt == "The loss over the steps, a line a fold: fold 0 from 0.5 to 1.5."
