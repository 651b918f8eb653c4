"""Peak memory of predicting many rows: `python benchmarks/prediction_memory.py RUN [ROWS [FOLDS]]`.

Run in a project with a finished run. Texts are generated; the file is read, predicted and written
as `foldwise predict RUN FILE --output FILE` does. FOLDS limits the models that predict: memory does
not depend on how many there are, since one is loaded at a time.
"""

import csv
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from random import Random

from foldwise.competition.competition import load_competition
from foldwise.paths import find_project
from foldwise.pipeline.new_texts import new_texts
from foldwise.pipeline.predicting import finished_run, predicted_by
from foldwise.predictions.table import mean_of, write_predictions
from foldwise.training.run_scores import read_scores

WORDS = (
    "the",
    "film",
    "story",
    "is",
    "not",
    "very",
    "good",
    "bad",
    "long",
    "short",
    "water",
    "sun",
)
KIBIBYTE = 1024


def write_texts(path: Path, rows: int) -> None:
    """Write `rows` texts of one to eight words."""
    random = Random(0)  # noqa: S311  # texts, not secrets
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        for i in range(rows):
            words = random.choices(WORDS, k=random.randint(1, 8))
            writer.writerow([f"n{i}", f"{' '.join(words)} {i}"])


def peak_megabytes() -> float:
    """The most memory this process has held, as Linux counts it."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE / 1e6


def main(run: str, rows: int = 100_000, folds: int = 0) -> None:
    """Measure, and print one line of the table in `prediction-memory.md`."""
    project = find_project()
    name = read_scores(project.run(run)).competition
    competition = load_competition(project.competition(name))
    competition = competition.model_copy(update={"id": "id", "text": ("text",)})
    finished = finished_run(project, run)
    chosen = replace(finished, folds=finished.folds[: folds or None])
    with tempfile.TemporaryDirectory() as folder:
        write_texts(Path(folder) / "texts.csv", rows)
        began = time.monotonic()
        new = new_texts([str(Path(folder) / "texts.csv")], competition)
        predictions = mean_of(predicted_by(chosen, new.ids, new.texts))
        write_predictions(Path(folder) / "predictions.csv", predictions)
    seconds = time.monotonic() - began
    print(f"| {run} | {rows:,} | {len(chosen.folds)} | {seconds:,.0f} | {peak_megabytes():,.0f} |")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
