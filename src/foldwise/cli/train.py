"""`foldwise train EXPERIMENT [key=value ...]`."""

from argparse import Namespace
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
from foldwise.cli.tables import figure
from foldwise.errors import counted, listed
from foldwise.paths import Project, find_project
from foldwise.pipeline.expecting import Expectation, Expecting
from foldwise.training.run import RunState
from foldwise.training.run_scores import RunScores

CUT_SHARE = 0.2  # of the texts; more of them cut is worth a line


def run(options: Namespace, output: Output) -> None:
    """Train what is still to be trained, and show the folds' scores; or only show the rates."""
    project = find_project()
    if options.show_rates:
        from foldwise.cli.show_rates import show_rates

        show_rates(project, options, output)
        return
    if options.seeds:
        from foldwise.cli import train_seeds

        train_seeds.run(project, options, output)
        return
    state = trained(project, request_of_train(project, options), output)
    expected = expectation_of(project, state)
    output.result(as_json(state, expected))
    show(state, expected, output)


def expectation_of(project: Project, state: RunState) -> Expectation:
    """What to expect of the run on test rows; nothing while it is unfinished."""
    if state.scores is None:
        return Expectation()
    return Expecting(project).of(state.folder.name, state.scores)


def show(state: RunState, expected: Expectation, output: Output) -> None:
    """A finished run's folds, or what is missing from an unfinished one."""
    name = state.folder.name
    if state.scores is None:
        output.lines(
            [
                f"{name}: fold {listed(state.missing)} still to train, so there is no OOF score "
                f"yet; the same command without --folds, --max-time and --fresh finishes the run"
            ]
        )
        return
    if not state.trained:
        output.say(f"{name}: finished before, nothing to train")
    show_scores(name, state.scores, expected, output)
    output.detail(f"{state.folder}: {state.scores.seconds:.0f} s of training")


def show_scores(name: str, scores: RunScores, expected: Expectation, output: Output) -> None:
    """A table of the folds, the whole with its standard error, and what to expect on test rows."""
    table = scores.scores.values()
    rows: list[list[object]] = [
        [f"fold {k}", *(figure(metric.folds[k]) for metric in table), ""]
        for k in range(len(scores.looks))
    ]
    rows.append(["all", *map(shown, table), optimism_of(scores, scores.metric)])
    if expected.scores:
        rows.append(
            [f"{EXPECTED} on test", *(interval(expected.scores.get(m)) for m in scores.scores), ""]
        )
    title = f"{name}: {scores.competition}, {scores.rows:,} rows"
    output.table(title, ["", *(f"OOF {metric}" for metric in scores.scores), "optimism"], rows)
    output.lines([*happenings(scores), *remarks([scores]), *expectation_remarks([expected])])


def happenings(scores: RunScores) -> list[str]:
    """What happened in folds that a reader of their scores should know."""
    lines = []
    for k, facts in enumerate(scores.facts.get("folds", [])):
        if facts.get("steps", 0) < facts.get("planned_steps", 0):
            lines.append(
                f"fold {k} stopped early, after {facts['steps']} of {facts['planned_steps']} "
                f"steps: no evaluation was better for training.patience of them"
            )
        if facts.get("collapses"):
            lines.append(
                f"fold {k} collapsed and began anew, {counted(facts['collapses'], 'time')}"
            )
        if halved := facts.get("micro_batch_tokens"):
            lines.append(
                f"fold {k} found the GPU's memory full: micro-batches were halved to {halved:,} "
                f"padded tokens, the batches are the same; training.micro_batch_tokens={halved} "
                f"saves it the trying"
            )
    cut = max((f.get("truncated_texts", 0) for f in scores.facts.get("folds", [])), default=0)
    if cut > CUT_SHARE * scores.rows:
        lines.append(
            f"{cut:,} of {counted(scores.rows, 'text')} {'was' if cut == 1 else 'were'} cut at "
            f"encoder.max_length: raise it, if memory and time allow"
        )
    return lines


def as_json(state: RunState, expected: Expectation) -> dict[str, object]:
    """The run's state for programs."""
    return {
        "run": state.folder.name,
        "scores": None if state.scores is None else asdict(state.scores),
        "expected": scores_as_json(expected.scores),
        "missing_folds": list(state.missing),
        "folds_trained_now": state.trained,
    }
