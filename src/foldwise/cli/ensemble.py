"""`foldwise ensemble RUN... --name NAME`."""

import argparse
from dataclasses import asdict

from foldwise.cli.output import Output, with_error
from foldwise.ensembling.ensemble import Ensemble, make_ensemble, read_ensemble
from foldwise.paths import find_project
from foldwise.training.run_scores import RunScores, read_scores


def run(options: argparse.Namespace, output: Output) -> None:
    """Blend finished runs, and show the blend beside its members."""
    project = find_project()
    scores = make_ensemble(project, options.runs, options.name, options.method, options.weights)
    ensemble = read_ensemble(project.run(options.name))
    output.result({"run": options.name, "ensemble": asdict(ensemble), "scores": asdict(scores)})
    rows: list[list[object]] = []
    for name, weight in zip(ensemble.members, ensemble.weights, strict=True):
        member = read_scores(project.run(name))
        figures = [with_error(s.value, s.standard_error) for s in member.scores.values()]
        rows.append([name, f"{weight:.3f}", *figures])
    whole = [with_error(s.value, s.standard_error) for s in scores.scores.values()]
    rows.append([options.name, "", *whole])
    output.table(
        f"{options.name}: {ensemble.method} of {len(ensemble.members)} runs",
        ["run", "weight", *(f"OOF {metric}" for metric in scores.scores)],
        rows,
    )
    if ensemble.fold_weights:
        output.lines(_optimism(ensemble, scores))


def _optimism(ensemble: Ensemble, scores: RunScores) -> list[str]:
    """What fitting the weights would have seemed to gain, had it been scored on the same rows."""
    honest = {metric: found.value for metric, found in scores.scores.items()}
    return [
        f"{metric}: {honest[metric]:.4f} on rows the weights were not fitted on, {seen:.4f} on those "
        f"they were; optimism {seen - honest[metric]:+.4f}"
        for metric, seen in ensemble.in_sample.items()
    ]
