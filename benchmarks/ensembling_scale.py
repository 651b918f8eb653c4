"""How long hill climbing takes on many members and rows; what it says is in ensembling.md.

    python benchmarks/ensembling_scale.py [--members 50] [--rows 156060] [--keep DIR]

It writes a competition of random rows and as many finished runs, whose errors are partly shared as
those of real members are, then calls `foldwise ensemble --method hill` on them as a user would, and
tells when the ensemble was written, when its report was done, and the most memory it had.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from generated_competition import write_competition
from numpy.typing import NDArray

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.ensembling.spaces import softmax
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from foldwise.training.corpus import data_hash
from foldwise.training.run_scores import RunScores, score_table, write_run

FREQUENCIES = (0.045, 0.175, 0.51, 0.21, 0.06)  # of SAMR's five classes
FOLDS = 5
WRITTEN = "is written"  # what the command says once the ensemble is a run

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """What the command took: seconds until the ensemble was written and in all, and memory."""

    written: float
    seconds: float
    processor_seconds: float
    peak_gib: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the runs, blend them, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--rows", type=int, default=156_060, help="training rows (SAMR's)")
    parser.add_argument("--test-rows", type=int, default=66_292)
    parser.add_argument("--keep", metavar="DIR", help="make the project here, and keep it")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(options.keep or temporary)
        names = make_project(root, options.members, options.rows, options.test_rows)
        found = blended(root, names)
    print(
        f"{options.members} members of {options.rows:,} rows and {len(FREQUENCIES)} classes: "
        f"written after {found.written:.0f} s, report after {found.seconds:.0f} s, "
        f"{found.processor_seconds:.0f} s of the processor on {os.cpu_count()} cores, "
        f"{found.peak_gib:.2f} GiB"
    )


def make_project(root: Path, members: int, rows: int, test_rows: int) -> list[str]:
    """The names of the runs in a project at `root`; those that are there are kept."""
    random = np.random.default_rng(0)
    truth = random.choice(len(FREQUENCIES), size=rows, p=FREQUENCIES)
    folder = root / "input" / "phrases"
    labels = (("x", str(label)) for label in truth.tolist())
    write_competition(folder, "classification", "accuracy", labels, ["x"] * test_rows)
    loaded = load(load_competition(folder))
    shared = [evidence(random, truth), evidence(random, np.zeros(test_rows, dtype=np.int64))]
    folds = random.integers(0, FOLDS, rows)
    names = [f"member-{i:02d}" for i in range(members)]
    for i, name in enumerate(names):
        if not (root / "runs" / name / "scores.json").is_file():
            write_member(Project(root), name, loaded, [noisy(i, part) for part in shared], folds)
    return names


def evidence(random: np.random.Generator, truth: NDArray[np.int64]) -> Floats:
    """(rows, labels) what every member sees of the truth, with the noise they share."""
    labels = len(FREQUENCIES)
    return 1.6 * np.eye(labels)[truth] + random.normal(size=(len(truth), labels))


def noisy(member: int, shared: Floats) -> Floats:
    """(rows, labels) one member's probabilities: its own sharpness, and noise of its own."""
    random = np.random.default_rng((1, member))
    sharpness, noise = random.uniform(0.7, 1.3), random.uniform(0.4, 1.2)
    return softmax(shared * sharpness + noise * random.normal(size=shared.shape))


def write_member(
    project: Project,
    name: str,
    loaded: LoadedCompetition,
    values: Sequence[Floats],
    folds: NDArray[np.int64],
) -> None:
    """Write a finished run with these out-of-fold and test probabilities."""
    oof = Predictions(loaded.train.ids, loaded.outputs, values[0], folds)
    test = Predictions(loaded.test.ids, loaded.outputs, values[1])
    scores = RunScores(
        competition=loaded.competition.name,
        kind="tfidf",
        metric=loaded.competition.metric,
        scores=score_table(loaded, oof),
        rows=len(oof),
        looks=[0] * FOLDS,
        data=data_hash(loaded),
        folds="0" * 64,
        seconds=0.0,
    )
    (project.run(name)).mkdir(parents=True, exist_ok=True)
    write_run(project.run(name), scores, oof, test)


def blended(root: Path, names: Sequence[str]) -> Measured:
    """What `foldwise ensemble` takes in a process of its own."""
    words = [sys.executable, "-m", "foldwise", "ensemble", *names]
    words += ["--name", "blend", "--method", "hill"]
    environment = {**os.environ, "FOLDWISE_ROOT": str(root)}
    started, written = time.monotonic(), float("nan")
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment) as process:
        for line in process.stderr or ():
            sys.stderr.write(line)
            if WRITTEN in line:
                written = time.monotonic() - started
    seconds = time.monotonic() - started
    if process.returncode:
        raise SystemExit(process.returncode)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Measured(written, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20)


if __name__ == "__main__":
    main()
