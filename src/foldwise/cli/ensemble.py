"""`foldwise ensemble RUN... --name NAME`."""

from argparse import Namespace
from dataclasses import asdict

from foldwise.cli.blends import blend_lines, show_report
from foldwise.cli.output import Output
from foldwise.cli.score_tables import (
    Scored,
    expectation_remarks,
    remarks,
    score_columns,
    score_rows,
    scores_as_json,
)
from foldwise.ensembling.ensemble import Blended, blend
from foldwise.ensembling.membership import asked_for, check_replaces_none
from foldwise.ensembling.recipe import DEFAULT, Decision, Method, Options
from foldwise.ensembling.report import Report, report_on
from foldwise.errors import UsageError
from foldwise.paths import Project, find_project
from foldwise.pipeline.expecting import Expecting
from foldwise.pipeline.run_list import check_exist
from foldwise.training.run_scores import read_scores


def run(options: Namespace, output: Output) -> None:
    """Blend finished runs, and show the blend beside its members."""
    project = find_project()
    check_exist(project, options.runs)
    made = _blended(project, options)
    if made.aside is not None:
        output.say(f"the ensemble that was {options.name} is kept in {made.aside}")
    output.say(f"{options.name} is written; what each member adds to it is worked out")
    _show(project, options.name, made, report_on(project, made, compare=options.compare), output)


def _blended(project: Project, options: Namespace) -> Blended:
    """The ensemble that is asked for.

    Raises:
        UsageError: see `check_replaces_none` and `blend`; or weights and a method.
        DataError: see `blend`.
    """
    if options.weights is not None and options.method is not None:
        raise UsageError(
            f"weights are given or fitted, got --weights and --method {options.method}; leave one "
            f"of them out"
        )
    method: Method = options.method or DEFAULT
    how = options_of(options)
    if not options.replace:
        asked = asked_for(options.runs, method, options.weights, how)
        check_replaces_none(project, options.name, asked)
    return blend(
        project,
        options.runs,
        options.name,
        method,
        options.weights,
        options=how,
        allow_in_sample=options.allow_in_sample,
    )


def _show(project: Project, name: str, made: Blended, report: Report, output: Output) -> None:
    """The blend beside its members, and what each of them adds to it."""
    ensemble, scores = made.ensemble, made.scores
    expecting = Expecting(project)
    runs = [
        Scored(run, table, expectation=expecting.of(run, table))
        for run in (*ensemble.members, name)
        for table in [read_scores(project.run(run))]
    ]
    output.result(
        {
            "run": name,
            "ensemble": asdict(ensemble),
            "scores": asdict(scores),
            "expected": scores_as_json(runs[-1].expectation.scores),
            "report": asdict(report),
        }
    )
    output.table(
        f"{name}: {scores.rows:,} rows of {scores.competition}",
        score_columns(private=False),
        score_rows(runs, private=False),
    )
    output.lines(remarks([run.scores for run in runs]))
    output.lines(expectation_remarks([run.expectation for run in runs]))
    output.lines([*blend_lines(name, ensemble, scores), ""])
    show_report(output, scores.metric, report)


def options_of(options: Namespace) -> Options:
    """What is added to the method."""
    decision: Decision = "none"
    if options.cut_points:
        decision = "cut_points"
    elif options.thresholds:
        decision = "thresholds"
    return Options(
        space=options.space,
        per_class=options.per_class,
        temperature=options.calibrate == "temperature",
        decision=decision,
        bags=options.bags,
        seed=options.seed,
    )
