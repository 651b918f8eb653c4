"""A million rows through every stage: prints a table of time and memory.

    python benchmarks/million_rows.py [--rows 1000000] [--keep DIR]

In a project with `input/movie-valence`. Texts are drawn from the words of its training rows, as
long as its texts are, and a row's target is what its words are worth and noise. Each stage is a
command as a user would call it, in processes of its own: the time until it ended, the processors'
time, and the most memory of the largest of its processes. An encoder's run is stopped after some
minutes, as with Ctrl-C: what it holds then is what it holds to the end, and a step costs what it
does on fewer rows.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Timer

import numpy as np
from generated_competition import write_competition
from numpy.typing import NDArray

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load, load_train
from foldwise.paths import Project, find_project
from foldwise.storage import write_text
from foldwise.training.run_scores import read_scores, read_tables, score_table, write_run

STOPPED = 130  # the exit code after Ctrl-C
TEST_SHARE = 5  # as many training rows come on one test row
BLOCK = 50_000
TFIDF = 'competition = "million"\nkind = "tfidf"\n[training]\nfolds = 2\n'
MINILM = """competition = "million"
[encoder]
name = "minilm-l6"
max_length = 128
frozen = "embeddings"
[training]
folds = 2
[hardware]
device = "cpu"
threads = 1
"""


@dataclass(frozen=True)
class Stage:
    """A command.

    Attributes:
        name: in the table.
        words: after `foldwise`.
        stop_after: seconds; 0: never.
        prepare: makes what it needs, which is not measured.
    """

    name: str
    words: tuple[str, ...]
    stop_after: float = 0.0
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Texts:
    """Where texts are drawn from: words by how often they are used, lengths, and words' worth."""

    words: NDArray[np.str_]
    worth: NDArray[np.float64]
    lengths: NDArray[np.int64]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the rows, call each stage, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=15.0, help="of the encoder's run (15)")
    parser.add_argument("--keep", metavar="DIR", help="make the rows here, and keep them")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(options.keep or temporary)
        write_project(root, options.rows)
        for made in ("runs", "folds", "submissions"):  # what is there would cost no time
            shutil.rmtree(root / made, ignore_errors=True)
        print("| stage | seconds | processor seconds | peak MB |\n|---|---|---|---|")
        for stage in stages(root, options.minutes * 60):
            stage.prepare()
            print(f"| {stage.name} | {measured(root, stage)} |", flush=True)


def stages(root: Path, stop_after: float) -> list[Stage]:
    """In the order of a user's work."""
    texts, predicted = root / "input" / "million" / "test.csv", root / "predicted.csv"
    tfidf = ("train", "million-tfidf", "tfidf.words=[1,1]", "tfidf.characters=[3,3]", "--name")
    return [
        Stage("folds", ("folds", "million", "--n", "2")),
        Stage("TF-IDF, words and threes of letters", (*tfidf, "plain")),
        Stage(
            "predict the test file", ("predict", "plain", str(texts), "--output", str(predicted))
        ),
        Stage(
            "ensemble of two",
            ("ensemble", "plain", "noisy", "--name", "blend"),
            prepare=lambda: write_second_member(Project(root)),
        ),
        Stage("submission", ("submit", "blend")),
        Stage("MiniLM, tokens and first steps", ("train", "million-minilm"), stop_after),
    ]


def write_project(root: Path, rows: int) -> None:
    """A competition of so many rows, and its two experiments; what is there is kept."""
    write_text(root / "experiments" / "million-tfidf.toml", TFIDF)
    write_text(root / "experiments" / "million-minilm.toml", MINILM)
    folder = root / "input" / "million"
    if (folder / "competition.toml").is_file():
        return
    texts, random = _texts(), np.random.default_rng(0)
    train = ((text, f"{value:.4f}") for text, value in _rows(texts, random, rows))
    test = (text for text, _ in _rows(texts, random, rows // TEST_SHARE))
    write_competition(folder, "regression", "rmse", train, test)


def _texts() -> Texts:
    """Words and lengths of `movie-valence`; each kind of word is worth something at random."""
    real = load_train(load_competition(find_project().competition("movie-valence"))).texts
    split = [row.split() for row in (" ".join(parts) for parts in real)]
    words = np.array([word for row in split for word in row])
    kinds, places = np.unique(words, return_inverse=True)
    worth = np.random.default_rng(1).normal(size=len(kinds))
    return Texts(words, worth[places], np.array([len(row) for row in split]))


def _rows(texts: Texts, random: np.random.Generator, count: int) -> Iterator[tuple[str, float]]:
    """So many texts, each with its target."""
    for begin in range(0, count, BLOCK):
        for length in random.choice(texts.lengths, size=min(BLOCK, count - begin)):
            drawn = random.integers(0, len(texts.words), size=length)
            value = texts.worth[drawn].mean() + random.normal(scale=0.3)
            yield " ".join(texts.words[drawn]), float(value)


def write_second_member(project: Project) -> None:
    """Write the run `noisy`: what `plain` predicts and noise, as other models err elsewhere."""
    random, scores = np.random.default_rng(2), read_scores(project.run("plain"))
    loaded = load(load_competition(project.competition(scores.competition)))
    oof, test = (
        replace(table, values=table.values + random.normal(scale=0.1, size=table.values.shape))
        for table in read_tables(project.run("plain"))
    )
    folder = project.run("noisy")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(project.run("plain") / "manifest.json", folder)  # of the same data and folds
    write_run(folder, replace(scores, scores=score_table(loaded, oof)), oof, test)


def measured(root: Path, stage: Stage) -> str:
    """The cells of a stage: seconds, processor seconds, megabytes of the largest process."""
    environment = {**os.environ, "FOLDWISE_ROOT": str(root)}
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "foldwise", *stage.words], env=environment)
    timer = Timer(stage.stop_after, process.send_signal, [signal.SIGINT])
    if stage.stop_after:
        timer.start()
    _, status, used = os.wait4(process.pid, 0)
    timer.cancel()
    seconds = time.monotonic() - began
    code = os.waitstatus_to_exitcode(status)
    if code != (STOPPED if stage.stop_after else 0):
        sys.exit(f"foldwise {' '.join(stage.words)}: exit code {code}")
    return f"{seconds:,.0f} | {used.ru_utime + used.ru_stime:,.0f} | {used.ru_maxrss / 1e3:,.0f}"


if __name__ == "__main__":
    main()
