"""How an ensemble was blended, in words and tables."""

from foldwise.cli.output import Output
from foldwise.cli.score_tables import MEANING
from foldwise.cli.tables import Figure, figure
from foldwise.ensembling.record import Ensemble
from foldwise.ensembling.report import MemberLine, Report
from foldwise.errors import counted, listed
from foldwise.training.run_scores import RunScores

SECONDS = "s / 1,000 texts"
WIDEST = 12  # members whose correlations are all shown; of more, the greatest only


def blend_lines(name: str, ensemble: Ensemble, scores: RunScores) -> list[str]:
    """The members' weights and, where they were fitted, what fitting them seemed to gain."""
    shares = zip(ensemble.members, ensemble.weights, strict=True)
    lines = [f"{name} = {' + '.join(f'{weight:.4g} x {member}' for member, weight in shares)}"]
    lines += [f"  warning: blended all the same: {told}" for told in ensemble.suspicious]
    if not ensemble.fold_weights:
        return lines
    for metric, seen in ensemble.in_sample.items():
        honest = scores.scores[metric].value
        lines.append(
            f"  {metric}: {honest:.4f} on rows the weights were not fitted on, {seen:.4f} on those "
            f"they were; optimism {seen - honest:+.4f}"
        )
    return lines


def show_report(output: Output, metric: str, report: Report) -> None:
    """The tables of methods, members, correlations and of how many members are enough."""
    output.table(
        f"{metric} by method",
        ["method", "honest", "in-sample", "optimism"],
        [
            [
                x.method,
                figure(x.honest.value, x.honest.standard_error),
                x.in_sample,
                signed(x.optimism),
            ]
            for x in report.methods
        ],
    )
    output.table(
        f"{metric} by member",
        ["member", "weight", "by fold", "alone", "worse without it", SECONDS],
        [_member_row(line) for line in report.members],
    )
    _show_correlations(output, report)
    if report.few:
        output.table(
            f"{metric} of the best few members, by weight",
            ["members", "honest", "worse than all by", SECONDS],
            [
                [
                    line.members,
                    line.score,
                    signed(line.worse_by, line.standard_error),
                    _seconds(took),
                ]
                for line, took in zip(report.few, report.few_seconds, strict=True)
            ],
        )
    output.lines([f"  {line}" for line in _remarks(report)])


def signed(value: float, standard_error: float | None = None) -> Figure:
    """A difference with its sign and, where it is known, its standard error."""
    shown = f"{value:+.4f}"
    return Figure(shown if standard_error is None else f"{shown} ± {standard_error:.4f}")


def _member_row(line: MemberLine) -> list[object]:
    low, high = line.fold_weights
    without = line.without
    return [
        line.run,
        Figure(f"{line.weight:.3f}"),
        Figure(f"{low:.3f}" if low == high else f"{low:.3f} to {high:.3f}"),
        line.score.value,
        "" if without is None else signed(without.worse_by, without.standard_error),
        _seconds(line.seconds),
    ]


def _seconds(seconds: float | None) -> Figure | str:
    return "" if seconds is None else Figure(f"{seconds:.2f}")


def _show_correlations(output: Output, report: Report) -> None:
    """The whole matrix of a few members; of many, each one's nearest."""
    names = [line.run for line in report.members]
    title = "correlation of residuals"
    if len(names) <= WIDEST:
        output.table(
            title,
            ["", *(f"({i + 1})" for i in range(len(names)))],
            [
                [f"({i + 1}) {name}", *(Figure(f"{value:.2f}") for value in row)]
                for i, (name, row) in enumerate(zip(names, report.correlations, strict=True))
            ],
        )
        return
    rows: list[list[object]] = []
    for i, row in enumerate(report.correlations):
        others = [(value, names[j]) for j, value in enumerate(row) if j != i]
        mean = sum(value for value, _ in others) / len(others)
        nearest, name = max(others)
        rows.append([names[i], Figure(f"{mean:.2f}"), Figure(f"{nearest:.2f}"), name])
    output.table(title, ["member", "mean", "greatest", "with"], rows)


def _remarks(report: Report) -> list[str]:
    members = len(report.members)
    lines = [MEANING]
    if report.few:
        lines.append(
            f"{report.enough} of {counted(members, 'member')} "
            f"{'is' if report.enough == 1 else 'are'} enough: {listed(report.best, 12)}; all of "
            f"them are not better by more than one standard error"
            if report.enough < members
            else f"all {members} members are needed: fewer are worse by more than one standard "
            f"error"
        )
        if not report.refitted:
            lines.append("without a member, or with few, the others keep their weights' ratios")
    else:
        lines.append("too many rows and members to fit this method again without each of them")
    if len(report.methods) > 2:
        lines.append("the best of many methods is itself chosen on these rows: a little optimistic")
    return [*lines, *(f"warning: {warning}" for warning in report.warnings)]
