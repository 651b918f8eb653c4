"""What stands behind the prediction of one text: as JSON, and as tables and shaded words."""

from dataclasses import asdict
from typing import Any

from foldwise.cli.output import Output
from foldwise.cli.shading import can_shade, heaviest, shaded
from foldwise.cli.tables import figure
from foldwise.pipeline.evidence import WordWeights
from foldwise.pipeline.explaining import Explained, ExplainedText

SHOWN_CHARACTERS = 32  # beside four figures, within 80 columns
TITLES = {
    "attention": "the attention on each word",
    "contribution": "what each word adds to {of}",
}


def as_json(explained: Explained) -> list[dict[str, Any]]:
    """One object a text: outputs, neighbours, and its words with their weights."""
    return [
        {
            "id": text.id,
            "outputs": text.outputs,
            "neighbours": [asdict(neighbour) for neighbour in text.neighbours],
            "no_neighbours": explained.no_neighbours or None,
            "words": {
                "kind": explained.kind,
                "of": text.of or None,
                "reason": explained.reason or None,
                "of_members": explained.of_members.strip() or None,
                "parts": [_part(part) for part in text.words],
            },
        }
        for text in explained.texts
    ]


def _part(part: WordWeights) -> dict[str, Any]:
    words = [
        {"word": part.text[start:end], "start": start, "end": end, "weight": weight}
        for (start, end), weight in zip(part.spans, part.weights.tolist(), strict=True)
    ]
    return {"text": part.text, "read_to": part.read_to, "words": words}


def show(explained: Explained, output: Output) -> None:
    """For each text the neighbours and the words, under a line that names the text."""
    for text in explained.texts:
        if len(explained.texts) > 1:
            output.lines([f"{text.id}   {short(text.parts)}", ""])
        _show_neighbours(text, output)
        _show_words(explained, text, output)
    if explained.no_neighbours:
        output.lines([f"no training rows are shown: {explained.no_neighbours}"])
    if explained.reason:
        output.lines([f"no words are shaded: {explained.reason}"])


def short(parts: tuple[str, ...], characters: int = SHOWN_CHARACTERS) -> str:
    """The beginning of a text on one line."""
    line = " ".join(" | ".join(parts).split())
    return line if len(line) <= characters else f"{line[: characters - 1]}…"


def _show_neighbours(text: ExplainedText, output: Output) -> None:
    if not text.neighbours:
        return
    rows: list[list[object]] = []
    for one in text.neighbours:
        predicted = [figure(one.predicted[name]) for name in text.shown]
        true = [figure(v) if isinstance(v, float) else v for v in one.target.values()]
        rows.append([one.id, one.fold, *predicted, *true, short(one.text)])
    targets = list(text.neighbours[0].target)
    true = ["true"] if len(targets) == 1 else [f"true {name}" for name in targets]
    columns = ["id", "fold", *text.shown, *true, "text"]
    output.table("training rows predicted most alike", columns, rows)


def _show_words(explained: Explained, text: ExplainedText, output: Output) -> None:
    if explained.kind == "none":
        return
    title = TITLES[explained.kind].format(of=text.of) + explained.of_members
    if can_shade():
        colours = ": orange raises it, blue lowers it" if explained.kind == "contribution" else ""
        output.whole([title + colours, *shaded(text.words).splitlines(), ""])
    else:
        rows = [[word, figure(weight, digits=3)] for word, weight in heaviest(text.words)]
        output.table(title, ["word", "weight"], rows)
    for part in text.words:
        if part.read_to < len(part.text):
            output.lines([f"read to character {part.read_to:,}; see encoder.max_length", ""])
