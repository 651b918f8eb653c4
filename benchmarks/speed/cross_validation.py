"""Whole cross-validations as their users start them, timed from outside."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
from speed.flops import Amount
from speed.measurement import CrossValidation
from speed.process_tree import PeakMemory
from speed.project_copy import EXPERIMENT, copied_project, write_experiment
from speed.rounds import Line, ending, environment
from speed.task import Contestant, Rows, Task

from foldwise.paths import Project
from foldwise.settings import Settings, Training
from foldwise.training.corpus import Corpus, load_corpus
from foldwise.training.run_scores import read_scores


def measure_folds(
    line: Line[CrossValidation],
    task: Task,
    competition: str,
    *,
    rows: int,
    seed: int,
    folds: int | None = None,
    options: Sequence[str] = (),
) -> None:
    """Add a measurement of all folds to the contestant's line, or why there is none.

    Args:
        line: of the contestant.
        task: how to learn; its rows are not used.
        competition: whose rows are learned from.
        rows: so many of them; 0: all.
        seed: of the run.
        folds: how many; None: as in the committed table.
        options: of `foldwise train`, besides.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = copied_project(Path(folder), competition, rows, folds)
        chosen = Settings(competition=competition, training=Training(rows=rows))
        corpus = load_corpus(project, chosen)
        if line.contestant.system == "foldwise":
            write_experiment(project, competition, task, line.contestant, seed, rows)
            command = ["-m", "foldwise", "train", EXPERIMENT, "--json", "-q", *options]
        else:
            command = _trainer_command(project, corpus, task, line.contestant, seed)
        before = perf_counter()
        code, peak = _run(project, task, command)
        seconds = perf_counter() - before
        if code:
            line.fault = ending(code)
            return
        learned = len(corpus.folds) * (corpus.n_folds - 1) * task.epochs
        line.measured.append(
            CrossValidation(
                seconds=seconds,
                waited=None,
                amount=Amount(learned, 0, 0),
                peak_bytes=peak,
                rmse=_rmse(project, corpus, line.contestant),
            )
        )


def _trainer_command(
    project: Project, corpus: Corpus, task: Task, contestant: Contestant, seed: int
) -> list[str]:
    train = [text for (text,) in corpus.loaded.train.texts]
    test = [text for (text,) in corpus.loaded.test.texts]
    whole = replace(
        task,
        train=Rows(train, None, corpus.targets()[:, 0].tolist()),
        valid=Rows(test, None, [0.0] * len(test)),  # nobody knows their targets
    )
    whole.write(project.root / "task.json")
    (project.root / "folds.json").write_text(json.dumps(corpus.folds.tolist()), encoding="utf-8")
    files = [str(project.root / name) for name in ("task.json", "folds.json")]
    words = [contestant.to_json(), str(seed), str(project.root)]
    return ["-m", "speed.trainer_folds", *files, *words]


def _run(project: Project, task: Task, command: Sequence[str]) -> tuple[int, int | None]:
    """Exit code and peak memory of a program."""
    log = project.root / "log.txt"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdout=output,
            stderr=output,
            env=_environment(project, task),
        )
        try:
            with PeakMemory(process.pid, task.device) as memory:
                code = process.wait()
        finally:
            process.kill()  # has no effect on one that has ended
    if code:
        sys.stderr.write(log.read_text(encoding="utf-8"))
    return code, memory.peak_bytes


def _environment(project: Project, task: Task) -> Mapping[str, str]:
    own = {
        "FOLDWISE_ROOT": str(project.root),
        "FOLDWISE_CACHE": str(project.root / "cache"),
    }
    return {**os.environ, **environment(task), **own}


def _rmse(project: Project, corpus: Corpus, contestant: Contestant) -> float:
    if contestant.system == "foldwise":
        return read_scores(project.run(EXPERIMENT)).scores["rmse"].value
    predicted = np.loadtxt(project.root / "oof.csv")
    return float(np.sqrt(np.mean((predicted - corpus.targets()[:, 0]) ** 2)))
