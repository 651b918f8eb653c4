"""`foldwise data COMPETITION`."""

from argparse import Namespace
from pathlib import Path

from foldwise.cli.data_tables import show
from foldwise.cli.output import Output
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.report import TokenCounts, describe
from foldwise.competition.sources.fetch import fetch
from foldwise.errors import UsageError
from foldwise.paths import find_project
from foldwise.pipeline.token_counting import count_tokens

ENCODER = "minilm-l6"  # whose tokens are counted where none is named


def run(options: Namespace, output: Output) -> None:
    """Fetch the files if they are not there, check them, and say what the data is."""
    project = find_project()
    competition = load_competition(project.competition(options.name))
    source = Path(options.source) if options.source else None
    fetched = fetch(competition, source, refresh=options.refresh, say=output.say)
    state = "already there" if fetched.already_complete else f"from {fetched.origin}"
    output.say(f"data of {competition.name}: {state}")
    for file in fetched.files:
        output.detail(f"  {file.path}: {file.rows:,} rows, {file.bytes:,} bytes, {file.sha256}")
    loaded = load(competition)
    tokens = _tokens(loaded, options.encoder, options.max_length, output)
    report = describe(loaded, tokens)
    output.result(
        {
            "origin": fetched.origin,
            "already_complete": fetched.already_complete,
            "files": [vars(file) for file in fetched.files],
            "max_length": None if tokens is None else tokens.max_length,
            "report": report.as_json(),
        }
    )
    show(report, tokens, output)


def _tokens(
    loaded: LoadedCompetition, encoder: str | None, max_length: int, output: Output
) -> TokenCounts | None:
    """Lengths in tokens; None, and said so, where the usual encoder is not on this machine."""
    try:
        return count_tokens(loaded, encoder or ENCODER, max_length)
    except UsageError as error:
        if encoder:  # it was asked for
            raise
        output.say(f"note: no lengths in tokens: {error}")
        return None
