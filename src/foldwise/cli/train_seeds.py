"""`foldwise train EXPERIMENT --seeds 0,1,2`."""

import shlex
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict

from foldwise.cli.output import Output
from foldwise.cli.requests import request_of_train, trained
from foldwise.cli.score_tables import (
    EXPECTED,
    expectation_remarks,
    interval,
    optimism_of,
    remarks,
    scores_as_json,
    shown,
)
from foldwise.cli.tables import Figure
from foldwise.errors import UsageError, listed
from foldwise.paths import Project
from foldwise.pipeline.expecting import Expectation, Expecting
from foldwise.pipeline.seeding import SeedAverage, train_seeds
from foldwise.training.run_scores import RunScores


def run(project: Project, options: Namespace, output: Output) -> None:
    """Train the experiment with each seed, and show the runs beside their average.

    Raises:
        UsageError: the seed is among the settings too, or what `train_seeds` has to say.
    """
    if given := [word for word in options.overrides if word.partition("=")[0] == "seed"]:
        raise UsageError(
            f"seeds are given once, but there are both --seeds and {given[0]!r}; leave one out"
        )
    found = train_seeds(
        project,
        request_of_train(project, options),
        options.seeds,
        lambda request: trained(project, request, output),
    )
    if found.aside is not None:
        output.say(f"the average that was {found.name}, of other seeds, is kept in {found.aside}")
    expected = Expectation()
    if found.scores is not None:
        expected = Expecting(project).of(found.name, found.scores)
    output.result(as_json(found, expected))
    if found.scores is None:
        output.lines([unfinished(found, command_of(options))])
    else:
        show(found, found.scores, expected, output)


def command_of(options: Namespace) -> str:
    """The command that trains what is missing, as it could be typed."""
    words = ["foldwise", "train", options.experiment, *options.overrides]
    words += ["--seeds", ",".join(map(str, options.seeds))]
    words += ["--name", options.name] if options.name else []
    return shlex.join([*words, *(["--fast"] if options.fast else [])])


def unfinished(found: SeedAverage, command: str) -> str:
    """What is still to train, and how."""
    parts = [f"seed {seed} (fold {listed(folds)})" for seed, folds in found.missing().items()]
    return (
        f"{found.name}: still to train: {listed(parts)}, so there is no average of these seeds "
        f"yet; go on with: {command}"
    )


def show(found: SeedAverage, scores: RunScores, expected: Expectation, output: Output) -> None:
    """A table of the seeds, their mean, and the average of their predictions."""
    metrics = list(found.spreads)
    rows = [
        _row(f"seed {seed}", metrics, state.scores)
        for seed, state in found.states.items()
        if state.scores is not None
    ]
    spreads = [Figure(f"{of.mean:.4f} sd {of.deviation:.4f}") for of in found.spreads.values()]
    rows.append(["mean of the scores", *spreads, ""])
    rows.append(_row(f"average: {found.name}", metrics, scores))
    if expected.scores:
        rows.append(
            [f"{EXPECTED} on test", *(interval(expected.scores.get(m)) for m in metrics), ""]
        )
    title = f"{found.name}: {scores.competition}, {scores.rows:,} rows, {len(found.states)} seeds"
    output.table(title, ["", *(f"OOF {metric}" for metric in metrics), "optimism"], rows)
    output.lines([spread_remark(found), *remarks([scores]), *expectation_remarks([expected])])
    output.lines([f"warning: averaged all the same: {told}" for told in found.out_of_line])


def _row(name: str, metrics: Sequence[str], scores: RunScores) -> list[object]:
    return [
        name,
        *(shown(scores.scores.get(m)) for m in metrics),
        optimism_of(scores, scores.metric),
    ]


def spread_remark(found: SeedAverage) -> str:
    """What the spread between seeds is, or that there is none."""
    if all(spread.deviation == 0 for spread in found.spreads.values()):
        return "every seed scores the same: nothing in these runs is left to chance"
    return "sd is the standard deviation between seeds; the average is of their predictions"


def as_json(found: SeedAverage, expected: Expectation) -> dict[str, object]:
    """The runs and their average for programs."""
    return {
        "run": found.name,
        "scores": None if found.scores is None else asdict(found.scores),
        "expected": scores_as_json(expected.scores),
        "seeds": {
            seed: {
                "run": state.folder.name,
                "scores": None if state.scores is None else asdict(state.scores),
                "missing_folds": list(state.missing),
                "folds_trained_now": state.trained,
            }
            for seed, state in found.states.items()
        },
        "spreads": scores_as_json(found.spreads),
        "out_of_line": found.out_of_line,
    }
