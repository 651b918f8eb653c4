"""The report on a competition's data as tables."""

from foldwise.cli.output import Output
from foldwise.cli.tables import Figure
from foldwise.competition.duplicates import Duplicates
from foldwise.competition.report import DataReport, PartReport, TokenCounts
from foldwise.errors import counted, listed


def show(report: DataReport, tokens: TokenCounts | None, output: Output) -> None:
    """Rows and lengths, labels or targets, groups and duplicates."""
    over = [] if tokens is None else [f"over {tokens.max_length}"]
    output.table(
        f"{report.competition}: rows and lengths",
        ["file", "rows", "blank", "unit", "median", "95 %", "99 %", "longest", *over],
        [row for name in ("train", "test") for row in _lengths(name, getattr(report, name), over)],
    )
    if report.labels:
        total = sum(report.labels.values())
        output.table(
            "labels",
            ["label", "rows", "share"],
            [[name, rows, Figure(f"{rows / total:.1%}")] for name, rows in report.labels.items()],
        )
    if report.targets:
        output.table(
            "targets",
            ["target", "mean", "sd", "min", *report.targets[0].quantiles, "max"],
            [
                [t.name, *map(_short, (t.mean, t.standard_deviation, t.least)),
                 *map(_short, (*t.quantiles.values(), t.greatest))]
                for t in report.targets
            ],
        )  # fmt: skip
    output.lines(_findings(report))


def _short(value: float) -> Figure:
    return Figure(f"{value:.4g}")


def _lengths(name: str, part: PartReport, over: list[str]) -> list[list[object]]:
    """One row a unit; the file's own figures stand in the first."""
    rows: list[list[object]] = []
    for unit, lengths in part.lengths.items():
        figures = [round(lengths.median), round(lengths.p95), round(lengths.p99), lengths.longest]
        share = Figure("" if lengths.over is None else f"{lengths.over:.2%}")
        counts = ["", "", ""] if rows else [name, part.rows, len(part.blank)]
        rows.append([*counts, unit, *figures, *([share] if over else [])])
    return rows or [[name, part.rows, 0, "", "", "", "", "", *("" for _ in over)]]


def _findings(report: DataReport) -> list[str]:
    lines = []
    for name in ("train", "test"):
        part: PartReport = getattr(report, name)
        if part.blank:
            lines.append(f"blank texts in {name}: {listed(part.blank)}")
    if report.groups:
        groups = report.groups
        lines.append(
            f"groups: {groups.count:,}; the largest, {groups.largest}, has "
            f"{counted(groups.rows_of_largest, 'row')}"
        )
    for how, found in (("equal", report.exact), ("equal but for case and space", report.folded)):
        lines += _duplicates(how, found)
    return lines


def _duplicates(how: str, found: Duplicates) -> list[str]:
    lines = [
        f"texts {how}: {found.texts:,} stand in {counted(found.rows, 'training row')}, "
        f"{len(found.conflicts):,} of them with different targets; "
        f"{counted(len(found.in_test), 'test row stands', 'test rows stand')} in train too"
    ]
    if found.conflicts:
        groups = [" = ".join(ids[:4]) for ids in found.conflicts]
        lines.append(f"  different targets, by id: {listed(groups, 4)}")
    if found.in_test:
        lines.append(f"  in train too, by test id: {listed(found.in_test)}")
    return lines
