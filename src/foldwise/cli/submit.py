"""`foldwise submit RUN`."""

from argparse import Namespace
from dataclasses import asdict

from foldwise.cli.output import Output
from foldwise.cli.score_tables import (
    Scored,
    expectation_remarks,
    outside_remarks,
    remarks,
    score_columns,
    score_rows,
    scores_as_json,
)
from foldwise.competition.competition import Competition, load_competition
from foldwise.errors import UsageError, counted
from foldwise.paths import Project, find_project
from foldwise.pipeline.expecting import Expectation, Expecting
from foldwise.pipeline.run_list import check_exist
from foldwise.pipeline.sending import Sent, check_sendable, send
from foldwise.pipeline.submitting import Submitted, submit
from foldwise.training.run_scores import read_scores


def run(options: Namespace, output: Output) -> None:
    """Write a checked submission, or only check it; show the private score where there is one.

    Raises:
        UsageError: there is a message, and nothing to send it with.
        DataError: it was written and is shown, but could not be sent; or as `submit`.
    """
    if options.message is not None and not options.send:
        raise UsageError(
            f"--message stands beside the score on Kaggle, got {options.message!r} for a "
            f"submission that is not sent; add --send, or leave --message out"
        )
    project = find_project()
    check_exist(project, [options.run])
    slug = check_sendable(competition_of(project, options.run)) if options.send else ""
    done = submit(project, options.run, options.name, write=not options.check_only)
    expected = Expecting(project).of(options.run, done.scores)
    output.result(as_json(done, expected, None))
    show(options.run, done, expected, output)
    if done.path is not None and options.send:
        output.say(f"sending {done.path.name} to {slug}")
        sent = send(done.path, slug, options.message or default_message(options.run, done))
        output.result(as_json(done, expected, sent))
        output.lines([f"sent to {sent.competition}: {sent.said}"])


def as_json(done: Submitted, expected: Expectation, sent: Sent | None) -> dict[str, object]:
    """The submission for programs."""
    return {
        "submission": done.path,
        "rows": done.rows,
        "oof": scores_as_json(done.scores.scores),
        "expected": scores_as_json(expected.scores),
        "private": scores_as_json(done.private),
        "looks": done.scores.looks,
        "sent": None if sent is None else asdict(sent),
    }


def competition_of(project: Project, run: str) -> Competition:
    """The competition that a finished run is about."""
    return load_competition(project.competition(read_scores(project.run(run)).competition))


def default_message(run: str, done: Submitted) -> str:
    """What stands beside the score on Kaggle: the run, and its own score."""
    metric = done.scores.metric
    return f"{run}: OOF {metric} {done.scores.scores[metric].value:.5f}"


def show(name: str, done: Submitted, expected: Expectation, output: Output) -> None:
    """The run's scores, and what was written."""
    runs = [Scored(name, done.scores, done.private, expected)]
    private = bool(done.private)
    title = f"{name}: {done.scores.competition}, {done.scores.rows:,} training rows"
    output.table(title, score_columns(private=private), score_rows(runs, private=private))
    written = (
        f"{counted(done.rows, 'row agrees', 'rows agree')} with the sample submission; nothing "
        f"written"
        if done.path is None
        else f"wrote {done.path} ({counted(done.rows, 'row')}) and "
        f"{done.path.with_suffix('.json').name}"
    )
    output.lines([*remarks([done.scores]), *expectation_remarks([expected])])
    output.lines([*outside_remarks(runs), written])
