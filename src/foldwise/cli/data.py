"""`foldwise data COMPETITION`."""

import argparse
from pathlib import Path

import numpy as np

from foldwise.cli.output import Output
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.report import DataReport, Duplicates, PartReport, TokenCounts, describe
from foldwise.competition.sources.fetch import fetch
from foldwise.errors import UsageError, listed
from foldwise.paths import cache_folder, find_project


def run(options: argparse.Namespace, output: Output) -> None:
    """Fetch the files if they are not there, check them, and say what the data is."""
    project = find_project()
    competition = load_competition(project.competition(options.name))
    source = Path(options.source) if options.source else None
    fetched = fetch(competition, source, refresh=options.refresh, say=output.say)
    state = "already there" if fetched.already_complete else f"from {fetched.origin}"
    output.say(f"{competition.name}: {state}")
    loaded = load(competition)
    report = describe(loaded, token_counts(loaded, options.encoder, options.max_length, output))
    output.result(
        {
            "origin": fetched.origin,
            "already_complete": fetched.already_complete,
            "files": [vars(file) for file in fetched.files],
            "report": report.as_json(),
        }
    )
    show(report, output, options.max_length)


def token_counts(
    loaded: LoadedCompetition, encoder: str, max_length: int, output: Output
) -> TokenCounts | None:
    """Lengths in tokens; None, and said so, where the encoder is not on this machine."""
    from foldwise.encoders import resolve_encoder

    try:
        files = resolve_encoder(encoder, allow_download=False)
    except UsageError as error:
        output.say(f"no lengths in tokens: {error}")
        return None
    from foldwise.tokenization.tokenizer import load_tokenizer
    from foldwise.tokenization.tokens import tokenize

    tokenizer = load_tokenizer(files, max_length)
    cache = cache_folder("tokens")
    return TokenCounts(
        tokenize(tokenizer, loaded.train.texts, cache).whole_lengths.astype(np.int64),
        tokenize(tokenizer, loaded.test.texts, cache).whole_lengths.astype(np.int64),
        tokenizer.max_length,
    )


def show(report: DataReport, output: Output, max_length: int) -> None:
    """The report as tables."""
    output.table(
        f"{report.competition}: rows and lengths",
        [
            "file",
            "rows",
            "blank",
            "unit",
            "median",
            "95 %",
            "99 %",
            "longest",
            f"over {max_length}",
        ],
        [*_lengths("train", report.train), *_lengths("test", report.test)],
    )
    if report.labels:
        total = sum(report.labels.values())
        output.table(
            "labels",
            ["label", "rows", "share"],
            [[name, rows, f"{rows / total:.1%}"] for name, rows in report.labels.items()],
        )
    if report.targets:
        output.table(
            "targets",
            ["target", "mean", "sd", "least", *report.targets[0].quantiles, "greatest"],
            [
                [t.name, t.mean, t.standard_deviation, t.least, *t.quantiles.values(), t.greatest]
                for t in report.targets
            ],
        )
    output.lines(_findings(report))


def _lengths(name: str, part: PartReport) -> list[list[object]]:
    rows: list[list[object]] = []
    for unit, lengths in part.lengths.items():
        over = "" if lengths.over is None else f"{lengths.over:.2%}"
        figures = [round(lengths.median), round(lengths.p95), round(lengths.p99), lengths.longest]
        first = not rows
        counts = [name, f"{part.rows:,}", str(len(part.blank))] if first else ["", "", ""]
        rows.append([*counts, unit, *figures, over])
    return rows or [[name, part.rows, 0, "", "", "", "", "", ""]]


def _findings(report: DataReport) -> list[str]:
    lines = []
    if report.groups:
        groups = report.groups
        lines.append(
            f"groups: {groups.count:,}; the largest, {groups.largest}, has "
            f"{groups.rows_of_largest:,} rows"
        )
    for how, found in (("equal", report.exact), ("equal but for case and space", report.folded)):
        lines += _duplicates(how, found)
    return lines


def _duplicates(how: str, found: Duplicates) -> list[str]:
    lines = [
        f"texts {how}: {found.texts:,} stand in {found.rows:,} training rows, "
        f"{len(found.conflicts):,} of them with different targets; "
        f"{len(found.in_test):,} test rows stand in train too"
    ]
    if found.conflicts:
        lines.append(
            f"  different targets, by id: {listed([' = '.join(c[:4]) for c in found.conflicts], 4)}"
        )
    return lines
