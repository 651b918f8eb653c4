"""The report on runs: one HTML page, and every plot on it as PNG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from foldwise.errors import Complaints, DataError, UsageError, listed
from foldwise.paths import Project, checked_name
from foldwise.reporting.classification import classification_block
from foldwise.reporting.curves import all_curves, curves_block
from foldwise.reporting.data_section import data_block
from foldwise.reporting.ensemble_section import ensemble_block
from foldwise.reporting.fold_scores import folds_block
from foldwise.reporting.headline import headline
from foldwise.reporting.page import Page, html_of
from foldwise.reporting.plot import drawn
from foldwise.reporting.regression import regression_block
from foldwise.reporting.reported_run import ReportedRun, read_runs
from foldwise.reporting.section import Block, Section, joined
from foldwise.reporting.side_by_side import side_by_side
from foldwise.reporting.step_rates import rates_block
from foldwise.reporting.worst_rows import SHOWN, worst_block
from foldwise.storage import write_bytes, write_text
from foldwise.tuning.names import is_study, study_of

FILE, PICTURES = "report.html", "report"
MOST_RUNS = 8
LONGEST_STEM = 100  # of a file that several runs give their names to

Say = Callable[[str], None]


@dataclass(frozen=True)
class WrittenReport:
    """Where a report is.

    Attributes:
        path: of the page.
        pictures: every plot as PNG.
    """

    path: Path
    pictures: list[Path]


def write_report(
    project: Project, names: Sequence[str], output: Path | None = None, say: Say | None = None
) -> WrittenReport:
    """The report on runs, or on studies, written to `output` and a folder of PNGs beside it.

    Args:
        project: where.
        names: finished runs of one competition, ensembles too; several stand side by side. Or
            studies of `foldwise tune`.
        output: the page; None: `runs/<first>/report.html`, of several one that names the others.
        say: is told what is being done.

    Raises:
        UsageError: no run, too many, or one twice.
        DataError: a run, or every trial of a study, has not finished, its data has changed, or
            they are of several competitions.
        StorageError: a run is damaged, or the disk is full; each file is the old or the new one.
    """
    _check(names)
    path = output or default_path(project, names)
    page = page_of(project, names, say or _silently)
    plots = [p for section in page.sections for block in section.blocks for p in block.plots]
    pictures = [pictures_folder(path) / f"{plot.name}.png" for plot in plots]
    svgs: dict[str, str] = {}
    for picture, plot in zip(pictures, plots, strict=True):
        drawing = drawn(plot)
        svgs[plot.name] = drawing.svg
        write_bytes(picture, drawing.png)
    write_text(path, html_of(page, lambda plot: svgs[plot.name]))
    return WrittenReport(path, pictures)


def _silently(_message: str) -> None:
    """Nothing is told."""


def _check(names: Sequence[str]) -> None:
    if not 1 <= len(names) <= MOST_RUNS:
        raise UsageError(f"a report is on 1 to {MOST_RUNS} runs, got {len(names)}; choose some")
    if len(set(names)) < len(names):
        raise UsageError(f"runs in a report differ, got {listed(names)}; leave out the second one")


def default_path(project: Project, names: Sequence[str]) -> Path:
    """In the first run's folder, `report.html`, or a name that tells the others."""
    folder = project.run(names[0])
    others = "-and-".join(checked_name("run", name) for name in names[1:])
    return folder / (f"report-with-{others}"[:LONGEST_STEM] + ".html" if others else FILE)


def pictures_folder(page: Path) -> Path:
    """Where a page's plots are written as PNG: a folder beside it."""
    return page.with_suffix("") if page.suffix else page.with_name(f"{page.name}-pictures")


def page_of(project: Project, names: Sequence[str], say: Say) -> Page:
    """The page, not yet written; see `write_report`."""
    studies = [name for name in names if is_study(project.run(name))]
    _check_studies(project, studies)
    others = [name for name in names if name not in studies]
    runs = read_runs(project, others) if others else []
    sections = _sections(project, runs, studies, say)
    return Page(
        title=" and ".join(names) if len(names) < 3 else listed(names),
        subtitle=runs[0].competition.title if runs else "A study",
        sections=[section for section in sections if section.blocks],
        origins=[_origin(run) for run in runs],
    )


def _sections(
    project: Project, runs: Sequence[ReportedRun], studies: Sequence[str], say: Say
) -> list[Section]:
    """All sections in their order, with the blocks that have content."""
    shown = max(3, SHOWN // max(1, len(runs)))
    tuned = list(dict.fromkeys([*studies, *(run.name for run in runs)]))
    whole: list[tuple[str, str, list[Block]]] = [
        ("scores", "Side by side", [side_by_side(project, runs)] if len(runs) > 1 else []),
        ("score", "Score", [_score(run, alone=len(runs) == 1) for run in runs]),
        ("training", "Training", [_training(run) for run in runs]),
        ("errors", "Errors", [_errors(run) for run in runs]),
    ]
    say("the worst rows, and where the models looked")
    whole.append(("rows", "Worst rows", [worst_block(project, run, shown) for run in runs]))
    whole.append(("ensemble", "Ensemble", [ensemble_block(project, run) for run in runs]))
    whole.append(("tuning", "Tuning", _studies(project, tuned)))
    if runs:
        say("the data, and whether test texts are alike")
        whole.append(("data", "Data", [data_block(runs[0])]))
    return [
        Section(key, title, [block for block in blocks if not block.is_empty])
        for key, title, blocks in whole
    ]


def _score(run: ReportedRun, *, alone: bool) -> Block:
    return joined(headline(run, alone=alone), folds_block(run))


def _training(run: ReportedRun) -> Block:
    curves = all_curves(run)
    return joined(curves_block(run, curves), rates_block(run, curves))


def _errors(run: ReportedRun) -> Block:
    if run.competition.task == "classification":
        return classification_block(run)
    return regression_block(run)


def _check_studies(project: Project, names: Sequence[str]) -> None:
    complaints = Complaints()
    if names:
        from foldwise.reporting.tuning_section import why_nothing_to_report  # which imports Optuna

        complaints.extend(filter(None, (why_nothing_to_report(project.run(n)) for n in names)))
    complaints.raise_if_any(DataError)


def _studies(project: Project, names: Sequence[str]) -> list[Block]:
    """The page of each study that one of these names leads to, once."""
    folders = {f.name: f for name in names if (f := study_of(project, name)) is not None}
    if not folders:
        return []
    from foldwise.reporting.tuning_section import tuning_block  # which imports Optuna

    return [tuning_block(folder) for folder in folders.values()]


def _origin(run: ReportedRun) -> str:
    scores = run.scores
    return (
        f"{run.name}: data {scores.data[:12]}, folds {scores.folds[:12]}, "
        f"oof.csv {scores.files.get('oof.csv', '')[:12]}"
    )
