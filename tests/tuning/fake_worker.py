"""A worker that trains nothing: predictions come from the settings, as fast as a file is written.

It says and writes what `foldwise.tuning.worker` does. Arguments: the project's root; seconds a fold
takes; and, if given, the penalties at which it dies, diverges, and finds too little in the data.
"""

import csv
import json
import math
import select
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from foldwise.predictions.table import Predictions, write_predictions
from foldwise.tuning.tables import look_path

LOOKS = 2
HOLD = "hold.txt"  # in the project's root, if there: the number of the trial that may not end
POLL_SECONDS = 0.01


def main(
    root: Path,
    seconds: float,
    deadly: float = 0.0,
    diverging: float = 0.0,
    starving: float = 0.0,
) -> None:
    """Train one job after the other."""
    while line := sys.stdin.readline():
        job = {**json.loads(line), "root": root}
        penalty = job["settings"]["tfidf"]["penalty"]
        if penalty == deadly:
            sys.exit(9)
        if penalty == diverging:
            end = {"state": "failed", "error": "FoldFailed", "complaints": ["the loss is NaN"]}
        elif penalty == starving:
            end = {"state": "failed", "error": "DataError", "complaints": ["no n-grams"]}
        else:
            state = "finished" if all(map(Fold(job, penalty, seconds).train, job["folds"])) else ""
            end = {"state": state or "dropped", "error": "", "complaints": []}
        say({"ended": end})


class Fold:
    """Predictions that are the worse the further the penalty is from 1."""

    def __init__(self, job: dict[str, Any], penalty: float, seconds: float) -> None:
        self.job, self.seconds = job, seconds
        self.error = 0.1 + 0.5 * abs(math.log10(penalty))
        root: Path = job["root"]
        self.run = root / "runs" / job["run"]
        name = job["settings"]["competition"]
        with (root / "input" / name / "train.csv").open(newline="", encoding="utf-8") as file:
            self.targets = {row["id"]: float(row["target"]) for row in csv.DictReader(file)}
        with (root / "folds" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            self.folds = {row["id"]: int(row["fold"]) for row in csv.DictReader(file)}

    def train(self, fold: int) -> bool:
        """Whether to go on after this fold; one that has finished is not trained again."""
        path = self.run / f"fold-{fold}" / "valid.csv"
        if not path.is_file():
            self.wait_while_held(fold)
            if fold == self.job["folds"][0] and not all(map(self.look, range(1, LOOKS + 1))):
                return False
            time.sleep(self.seconds / 2)
            write_predictions(path, self.predictions(fold, self.error))
            with (self.run / "trained.txt").open("a") as file:
                file.write(f"{fold}\n")
        said = {"fold": fold, "score": 0.0, "seconds": 1.0, "cpu_seconds": 0.5, "steps": 10}
        return ask({"fold": said})

    def wait_while_held(self, fold: int) -> None:
        """A trial that a test holds does not train its last fold, and a later one nothing."""
        hold = self.job["root"] / HOLD
        while hold.is_file():
            number = int(self.run.name.split(".")[2].removeprefix("trial-"))
            held = int(hold.read_text())
            if number < held or (number == held and fold != self.job["folds"][-1]):
                return
            if select.select([sys.stdin], [], [], POLL_SECONDS)[0]:  # its end: no driver any more
                sys.exit(143)

    def look(self, number: int) -> bool:
        """Whether to go on after an evaluation of the first fold."""
        time.sleep(self.seconds / LOOKS / 2)
        table = self.predictions(self.job["folds"][0], self.error * (1 + LOOKS - number))
        write_predictions(look_path(self.run, 5 * number, 5 * LOOKS), table)
        said = {"fold": self.job["folds"][0], "step": 5 * number, "steps": 5 * LOOKS}
        return ask({"look": {**said, "seconds": 0.5, "cpu_seconds": 0.2, "score": 0.0}})

    def predictions(self, fold: int, error: float) -> Predictions:
        """The targets, each off by a chance of its own."""
        ids = tuple(name for name in sorted(self.folds) if self.folds[name] == fold)
        chance = [zlib.crc32(name.encode()) / 2**31 - 1 for name in ids]
        values = [self.targets[n] + error * c for n, c in zip(ids, chance, strict=True)]
        return Predictions(ids, ("target",), np.array(values).reshape(-1, 1))


def ask(message: dict[str, Any]) -> bool:
    """The driver's answer."""
    say(message)
    answer = sys.stdin.readline()
    if not answer:
        sys.exit(143)
    return bool(json.loads(answer)["go_on"])


def say(message: dict[str, Any]) -> None:
    """One line for the driver."""
    try:
        print(json.dumps(message), flush=True)  # noqa: T201
    except BrokenPipeError:
        sys.exit(143)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(float, sys.argv[2:]))
