"""`foldwise ensemble RUN... --name NAME`."""

from argparse import Namespace
from dataclasses import asdict

from foldwise.cli.blends import blend_lines
from foldwise.cli.output import Output
from foldwise.cli.score_tables import (
    Scored,
    expectation_remarks,
    remarks,
    score_columns,
    score_rows,
    scores_as_json,
)
from foldwise.ensembling.ensemble import make_ensemble, read_ensemble
from foldwise.paths import find_project
from foldwise.pipeline.expecting import Expecting
from foldwise.pipeline.run_list import check_exist
from foldwise.training.run_scores import read_scores


def run(options: Namespace, output: Output) -> None:
    """Blend finished runs, and show the blend beside its members."""
    project = find_project()
    check_exist(project, options.runs)
    scores = make_ensemble(project, options.runs, options.name, options.method, options.weights)
    ensemble = read_ensemble(project.run(options.name))
    expecting = Expecting(project)
    runs = [
        Scored(name, table, expectation=expecting.of(name, table))
        for name in (*ensemble.members, options.name)
        for table in [read_scores(project.run(name))]
    ]
    output.result(
        {
            "run": options.name,
            "ensemble": asdict(ensemble),
            "scores": asdict(scores),
            "expected": scores_as_json(runs[-1].expectation.scores),
        }
    )
    output.table(
        f"{options.name}: {scores.rows:,} rows of {scores.competition}",
        score_columns(private=False),
        score_rows(runs, private=False),
    )
    output.lines(remarks([run.scores for run in runs]))
    output.lines(expectation_remarks([run.expectation for run in runs]))
    output.lines(blend_lines(options.name, ensemble, scores))
