"""A competition of generated rows, for benchmarks of more rows than any real one here has."""

import csv
from collections.abc import Iterable
from pathlib import Path

from foldwise.competition.competition import Task
from foldwise.storage import write_text

DESCRIPTION = """title = "Generated rows"
task = "{task}"
metric = "{metric}"
id = "id"
text = ["text"]
target = ["target"]
[files]
train = "train.csv"
test = "test.csv"
sample_submission = "sample_submission.csv"
"""


def write_competition(
    folder: Path,
    task: Task,
    metric: str,
    train: Iterable[tuple[str, str]],
    test: Iterable[str],
) -> None:
    """Write the files of a competition; rows are called r0, r1 ... and t0, t1 ...

    Args:
        folder: `input/<name>` of a project.
        task: "regression" or "classification".
        metric: its name.
        train: the text and the target of each row, as they come.
        test: the texts; the sample submission says 0 of each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trained = ((f"r{i}", text, target) for i, (text, target) in enumerate(train))
    _write_table(folder / "train.csv", ["id", "text", "target"], trained)
    tests = [(f"t{i}", text) for i, text in enumerate(test)]
    _write_table(folder / "test.csv", ["id", "text"], tests)
    sample = ((name, "0") for name, _ in tests)
    _write_table(folder / "sample_submission.csv", ["id", "target"], sample)
    # last: where it is, the other files are whole
    write_text(folder / "competition.toml", DESCRIPTION.format(task=task, metric=metric))


def _write_table(path: Path, header: list[str], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)
