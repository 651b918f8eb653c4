"""`foldwise predict RUN FILE` or `foldwise predict RUN "a text"`."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from foldwise.cli.output import Output
from foldwise.competition.competition import Competition, load_competition
from foldwise.competition.loading import load_rows
from foldwise.errors import UsageError
from foldwise.paths import find_project
from foldwise.predictions.table import Predictions, write_predictions
from foldwise.training.run_scores import read_scores

SHOWN_ROWS, SHOWN_CHARACTERS = 20, 60


class New(NamedTuple):
    """New texts with ids."""

    ids: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]


def run(options: argparse.Namespace, output: Output) -> None:
    """Predict new rows with all models of a run."""
    project = find_project()
    scores = read_scores(project.run(options.run))
    competition = load_competition(project.competition(scores.competition))
    new = new_texts(options.texts, competition)
    from foldwise.pipeline.predicting import predict_texts

    predictions = predict_texts(project, options.run, new.ids, new.texts)
    if options.output:
        write_predictions(Path(options.output), predictions)
        output.say(f"wrote {options.output}: {len(predictions):,} rows")
    output.result(as_json(predictions))
    show(predictions, new, output)


def new_texts(words: Sequence[str], competition: Competition) -> New:
    """The rows of the one file that was named, else the words themselves as one text (or pair).

    Raises:
        UsageError: the competition's rows are pairs, and the words are not; or a file is missing.
    """
    path = Path(words[0])
    if len(words) == 1 and path.is_file():
        rows = load_rows(path, competition)
        return New(rows.ids, rows.texts)
    if len(words) == 1 and path.suffix in {".csv", ".tsv", ".zip"} and " " not in words[0]:
        raise UsageError(
            f"{path} does not exist; give a CSV with an id and text, or a text in quotes"
        )
    width = len(competition.text)
    if len(words) % width:
        raise UsageError(
            f"{competition.name} takes {' and '.join(competition.text)}: give {width} texts "
            f"each time, got {len(words)}"
        )
    texts = tuple(tuple(words[i : i + width]) for i in range(0, len(words), width))
    return New(tuple(str(i + 1) for i in range(len(texts))), texts)


def as_json(predictions: Predictions) -> list[dict[str, object]]:
    """One object a row."""
    return [
        {"id": name, **dict(zip(predictions.outputs, values, strict=True))}
        for name, values in zip(predictions.ids, predictions.values.tolist(), strict=True)
    ]


def show(predictions: Predictions, new: New, output: Output) -> None:
    """A table of the first rows."""
    rows = []
    for i, name in enumerate(predictions.ids[:SHOWN_ROWS]):
        text = " | ".join(new.texts[i]).replace("\n", " ")
        short = text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
        rows.append([name, short, *(f"{value:.4f}" for value in predictions.values[i])])
    output.table("predictions", ["id", "text", *predictions.outputs], rows)
    hidden = len(predictions) - len(rows)
    if hidden > 0:
        output.lines([f"... and {hidden:,} more; --output FILE writes them all"])
