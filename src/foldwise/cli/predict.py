"""`foldwise predict RUN FILE` or `foldwise predict RUN "a text"`."""

from argparse import Namespace

from foldwise.cli.new_file import file_named
from foldwise.cli.output import Output
from foldwise.cli.tables import figure
from foldwise.competition.competition import load_competition
from foldwise.errors import counted
from foldwise.paths import Project, find_project
from foldwise.pipeline.new_texts import NewTexts, new_texts
from foldwise.pipeline.run_list import check_exist
from foldwise.predictions.table import Predictions, write_predictions
from foldwise.training.run_scores import read_scores

SHOWN_ROWS, SHOWN_CHARACTERS = 20, 60


def run(options: Namespace, output: Output) -> None:
    """Predict new rows with all models of a run; of texts, also what stands behind it."""
    file = file_named(options, "predictions")
    project = find_project()
    check_exist(project, [options.run])
    scores = read_scores(project.run(options.run))
    competition = load_competition(project.competition(scores.competition))
    new = new_texts(options.texts, competition)
    from foldwise.pipeline.predicting import predict_texts  # which may need torch

    predictions = predict_texts(project, options.run, new.ids, new.texts)
    if file is not None:
        write_predictions(file, predictions)
        output.say(f"wrote {file}: {counted(len(predictions), 'row')}")
    if output.json:  # an object a row is many times what the numbers take
        output.result(as_json(predictions))
    show(predictions, new, output, whole=file is not None)
    if not new.from_file:
        _explain(project, options.run, new, predictions, output)


def _explain(
    project: Project, run: str, new: NewTexts, predictions: Predictions, output: Output
) -> None:
    from foldwise.cli import explained  # with what it needs: a file's rows start faster
    from foldwise.pipeline.explaining import explain

    found = explain(project, run, new, predictions)
    output.result(explained.as_json(found))
    explained.show(found, output)


def as_json(predictions: Predictions) -> list[dict[str, object]]:
    """One object a row; outputs stand in a table of their own, since one may be called id."""
    return [
        {"id": name, "outputs": dict(zip(predictions.outputs, values, strict=True))}
        for name, values in zip(predictions.ids, predictions.values.tolist(), strict=True)
    ]


def show(predictions: Predictions, new: NewTexts, output: Output, *, whole: bool) -> None:
    """A table of the first rows; `whole`: all of them are in a file."""
    rows: list[list[object]] = []
    for i, name in enumerate(predictions.ids[:SHOWN_ROWS]):
        values = [figure(value) for value in predictions.values[i].tolist()]
        rows.append([name, _short(" | ".join(new.texts[i])), *values])
    output.table("predictions", ["id", "text", *predictions.outputs], rows)
    hidden = len(predictions) - len(rows)
    if hidden > 0:
        where = "in the file" if whole else "written by --output FILE"
        output.lines([f"{counted(hidden, 'more row is', 'more rows are')} {where}"])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 1]}…"
