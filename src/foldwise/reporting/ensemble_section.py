"""What an ensemble is made of: weights, what each member adds, and how alike their errors are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from foldwise.ensembling.cross_fitting import cross_fit
from foldwise.ensembling.ensemble import Blended
from foldwise.ensembling.leaving_out import Fewer
from foldwise.ensembling.members import aligned, check_same_origin, problem_of, read_members
from foldwise.ensembling.recipe import Recipe
from foldwise.ensembling.record import Ensemble, is_ensemble, read_ensemble
from foldwise.ensembling.report import MemberLine, Report, described, report_on
from foldwise.errors import FoldwiseError, counted, listed
from foldwise.paths import Project
from foldwise.pipeline.provenance import check_members
from foldwise.reporting.classification import draw_cells, write_cell
from foldwise.reporting.figures import UNKNOWN, difference, figure
from foldwise.reporting.palette import BLUE, GREEN, INK, MUTED, VERMILLION
from foldwise.reporting.plot import Plot, name_rows, names_beside
from foldwise.reporting.reported_run import ReportedRun, told
from foldwise.reporting.section import Block, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NUMBERS = 8  # members whose correlations are written into the cells, too
MOST_MEMBERS = 24  # in a plot: those of the greatest weight
SAME_WEIGHT = 1e-9  # a fit on the same machine gives the same weights to the bit
ANOTHER_VERSION = (
    "The weights that its members give now are not those in its record, as another version of "
    "Foldwise blended it, or another machine: what its members add is not shown. Blend it again to "
    "see that."
)
LEAST_CORRELATION = 0.5  # of the palest cell; errors of members are seldom less alike


def ensemble_block(project: Project, run: ReportedRun) -> Block:
    """The ensemble's page; empty for a run that is none, a reason where members have changed."""
    if not is_ensemble(run.folder):
        return Block()
    try:
        check_members(project, run.name)
        made = _made(project, run)
        if not is_fitted_again(made):
            return Block(run.name, sentences=[ANOTHER_VERSION])
        report = report_on(project, made)
    except FoldwiseError as error:
        told_so = f"What its members add cannot be told: {told(error)}"
        return Block(run.name, sentences=[told_so])
    return Block(
        run.name,
        sentences=_sentences(made.ensemble, report),
        plots=_plots(run, report),
        tables=[_members(report, run), _methods(report, run)],
    )


def is_fitted_again(made: Blended) -> bool:
    """Whether the weights of test rows, fitted again, are those that the ensemble was made with."""
    return np.allclose(made.fit.formula.shares(), made.ensemble.weights, rtol=0, atol=SAME_WEIGHT)


def _made(project: Project, run: ReportedRun) -> Blended:
    """The ensemble as it was when it was blended, from its record and its members."""
    ensemble = read_ensemble(run.folder)
    members = read_members(project, ensemble.members)
    check_same_origin(members)
    names = [member.name for member in members]
    rows = aligned([member.oof for member in members], names, run.loaded.train.ids)
    problem, _ = problem_of(rows, run.loaded)
    recipe = _recipe(ensemble)
    fit = cross_fit(problem, recipe)
    return Blended(ensemble, run.scores, members, run.loaded, problem, recipe, fit)


def _recipe(ensemble: Ensemble) -> Recipe:
    shares = tuple(ensemble.weights) if ensemble.method == "weights" else ()
    return Recipe(ensemble.method, ensemble.options, shares)


def _sentences(ensemble: Ensemble, report: Report) -> list[str]:
    lines = [f"Blended by {described(_recipe(ensemble))}."]
    if ensemble.fold_weights:
        lines.append(
            "Each fold's rows were blended by weights fitted on the other folds; the weights shown "
            "are those of test rows, with the least and greatest among the folds' fits."
        )
    count = len(report.members)
    if report.few and report.enough < count:
        lines.append(
            f"{report.enough} of {counted(count, 'member')} "
            f"{'is' if report.enough == 1 else 'are'} enough: {listed(report.best, 12)}; all of "
            f"them are not better by more than one standard error."
        )
    elif report.few:
        lines.append(
            f"All {count} members are needed: fewer are worse by more than one standard error."
        )
    lines += [f"{warning}." for warning in [*report.warnings, *ensemble.suspicious]]
    return lines


def _members(report: Report, run: ReportedRun) -> Table:
    rows = []
    for line in report.members:
        low, high = line.fold_weights
        without = line.without
        rows.append(
            [
                line.run,
                f"{line.weight:.3f}",
                f"{low:.3f}" if low == high else f"{low:.3f} to {high:.3f}",
                figure(line.score.value, line.score.standard_error),
                UNKNOWN
                if without is None
                else difference(without.worse_by, without.standard_error),
                UNKNOWN if line.seconds is None else f"{line.seconds:.2f}",
            ]
        )
    columns = ["member", "weight", "by fold", run.metric.name, "worse without", "s / 1,000 texts"]
    return Table("Members", columns, [False, *([True] * 5)], rows)


def _methods(report: Report, run: ReportedRun) -> Table:
    rows = [
        [
            of.method,
            figure(of.honest.value, of.honest.standard_error),
            f"{of.in_sample:.4f}",
            difference(of.optimism),
        ]
        for of in report.methods
    ]
    columns = ["method", f"{run.metric.name}, honest", "in-sample", "optimism"]
    return Table("Beside the plain mean", columns, [False, True, True, True], rows)


def _plots(run: ReportedRun, report: Report) -> list[Plot]:
    lines = sorted(report.members, key=lambda line: -line.weight)[:MOST_MEMBERS]
    plots = [_weights(run, lines)]
    if any(line.without for line in lines):
        plots.append(_contributions(run, lines))
    if len(report.members) <= MOST_MEMBERS:
        plots.append(_correlations(run, report))
    if len(report.few) > 2:
        plots.append(_few(run, report.few))
    return plots


def _height(rows: int) -> float:
    return 74.0 + 24.0 * max(3, rows)


def _rows_named(axes: "Axes", lines: Sequence[MemberLine]) -> None:
    name_rows(axes, names_beside([line.run for line in lines]))


def _weights(run: ReportedRun, lines: Sequence[MemberLine]) -> Plot:
    shown = "; ".join(f"{line.run} {line.weight:.3f}" for line in lines)

    def draw(axes: "Axes") -> None:
        for row, line in enumerate(lines):
            axes.barh(row, line.weight, color=BLUE, height=0.6)
            axes.plot(line.fold_weights, [row, row], color=INK, linewidth=1.6)
        axes.axvline(0, color=MUTED, linewidth=0.8)
        _rows_named(axes, lines)
        axes.set_xlabel("weight")

    return Plot(
        name=f"{run.name}-weights",
        title="Weights",
        alt=f"Of test rows: {shown}.",
        draw=draw,
        height=_height(len(lines)),
        caption="Lines: from the least to the greatest among the folds' fits.",
    )


def _contributions(run: ReportedRun, lines: Sequence[MemberLine]) -> Plot:
    known = [(line, line.without) for line in lines if line.without is not None]
    shown = "; ".join(f"{line.run} {w.worse_by:+.4f}" for line, w in known)

    def draw(axes: "Axes") -> None:
        axes.axvline(0, color=MUTED, linewidth=1.0)
        axes.errorbar(
            [w.worse_by for _, w in known], range(len(known)),
            xerr=[w.standard_error or 0.0 for _, w in known],
            fmt="s", color=GREEN, markersize=6, elinewidth=1.8,
        )  # fmt: skip
        _rows_named(axes, [line for line, _ in known])
        axes.set_xlabel(f"{run.metric.name} is worse by, without the member")

    return Plot(
        name=f"{run.name}-contributions",
        title="What each member adds",
        alt=f"How much worse the blend is without it: {shown}.",
        draw=draw,
        height=_height(len(known)),
        caption="The blend of all others, honest; bars: one paired standard error.",
    )


def _correlations(run: ReportedRun, report: Report) -> Plot:
    names = names_beside([line.run for line in report.members])
    table = np.array(report.correlations)
    others = table[~np.eye(len(table), dtype=bool)]
    shares = ((table - LEAST_CORRELATION) / (1 - LEAST_CORRELATION)).clip(0, 1)

    def draw(axes: "Axes") -> None:
        draw_cells(axes, 0.9 * shares, VERMILLION)
        if len(names) <= MOST_NUMBERS:
            for i, row in enumerate(table.tolist()):
                for j, value in enumerate(row):
                    write_cell(axes, (i, j), f"{value:.2f}", "ink")
        numbers = [f"({i + 1})" for i in range(len(names))]
        beside = [f"{name} {number}" for name, number in zip(names, numbers, strict=True)]
        axes.set_yticks(range(len(names)), labels=beside)
        axes.set_xticks(range(len(names)), labels=numbers)

    return Plot(
        name=f"{run.name}-correlations",
        title="How alike errors are",
        alt=f"Correlation of the members' residuals, from {others.min():.2f} to "
        f"{others.max():.2f} between different members.",
        draw=draw,
        height=max(220.0, _height(len(names))),
        caption="Correlation of residuals; the less alike, the more a blend gains.",
    )


def _few(run: ReportedRun, few: Sequence[Fewer]) -> Plot:
    shown = ", ".join(f"{of.members}: {of.score:.4f}" for of in few)

    def draw(axes: "Axes") -> None:
        axes.axhline(0, color=MUTED, linewidth=1.0)
        axes.errorbar(
            [of.members for of in few], [of.worse_by for of in few],
            yerr=[of.standard_error or 0.0 for of in few],
            color=BLUE, marker="o", elinewidth=1.6,
        )  # fmt: skip
        axes.locator_params(axis="x", integer=True, nbins=8)
        axes.set_xlabel("members of the greatest weight")
        axes.set_ylabel(f"{run.metric.name} is worse than all by")

    return Plot(
        name=f"{run.name}-fewer",
        title="How many members are enough",
        alt=f"{run.metric.name} of the best few members: {shown}.",
        draw=draw,
        caption="Honest: which are best is decided by the other folds. Bars: one paired standard "
        "error.",
    )
