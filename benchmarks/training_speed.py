"""Training speed, side by side with what a user would pick instead; writes a Markdown table.

make bench
python benchmarks/training_speed.py --rows 1200 --rounds 3
python benchmarks/training_speed.py --quality
python benchmarks/training_speed.py --device cuda --encoder roberta-base-random
"""

import argparse
import importlib.util
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from speed.contestants import Reduced, contestants_for, reduced_precision
from speed.machine import machine_facts
from speed.preparation import ROOT, prepared_task, task_facts
from speed.random_encoders import SIZES
from speed.rounds import Line, run_rounds
from speed.rows import tokenizer_of_lengths
from speed.table import as_markdown
from speed.task import Contestant

from foldwise.errors import FoldwiseError, UsageError, did_you_mean
from foldwise.settings import Encoder
from foldwise.storage import write_text

FAILED = 4  # exit code: a contestant failed


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 if every contestant was measured in every round."""
    options = _parser().parse_args(arguments)
    try:
        lines, page = _benchmark(options)
    except FoldwiseError as error:
        _say(f"error: {error}")
        return error.exit_code
    write_text(_page(options), page)
    print(page)
    return FAILED if any(line.fault for line in lines) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, help="training rows; 0: all of the fold (1,200)")
    parser.add_argument("--rounds", type=int, default=3, help="of all contestants (3)")
    parser.add_argument("--epochs", type=int, help="(1; 2 with --quality)")
    parser.add_argument("--batch-size", type=int, default=16, help="texts a step (16)")
    parser.add_argument("--rate", type=float, default=5e-5, help="peak learning rate (5e-5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="(all cores)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="(cpu)")
    parser.add_argument("--competition", default="movie-valence", help="(movie-valence)")
    parser.add_argument("--encoder", default=Encoder().name, help=f"or {', '.join(SIZES)}")
    parser.add_argument("--stretch", type=float, default=1.0, help="random ids: longer texts (1)")
    parser.add_argument("--only", default="", help="contestants with these words in their names")
    parser.add_argument(
        "--quality", action="store_true", help="validation RMSE after 2 epochs on all rows"
    )
    parser.add_argument("--output", type=Path, help="the page (benchmarks/training-speed*.md)")
    return parser


def _benchmark(options: argparse.Namespace) -> tuple[list[Line], str]:
    """What was measured, and the page about it."""
    _check(options)
    reduced = reduced_precision(options.device, options.threads)
    contestants = _chosen(contestants_for(reduced.precision), options.only)
    with tempfile.TemporaryDirectory() as folder:
        task = prepared_task(options, Path(folder), _say)
        facts = [*machine_facts(task), *task_facts(task, options.competition, options.encoder)]
        lines = run_rounds(task, contestants, options.rounds, _say)
    return lines, as_markdown("Training speed", facts, _notes(options, reduced), lines)


def _check(options: argparse.Namespace) -> None:
    if importlib.util.find_spec("accelerate") is None:
        raise UsageError('the Trainer needs accelerate: run pip install -e ".[bench]"')
    if options.quality and options.encoder in SIZES:
        raise UsageError(
            f"random weights have no quality: leave out --quality or {options.encoder}"
        )
    if options.stretch != 1 and options.encoder not in SIZES:
        raise UsageError(f"--stretch needs an encoder of random weights: {', '.join(SIZES)}")
    if options.rounds < 1 or options.threads < 1:
        raise UsageError(f"at least 1: got {options.rounds} rounds, {options.threads} threads")


def _chosen(contestants: Sequence[Contestant], words: str) -> list[Contestant]:
    chosen = [one for one in contestants if words.casefold() in one.label.casefold()]
    if not chosen:
        known = did_you_mean(words, [one.label for one in contestants])
        raise UsageError(f"no contestant has {words!r} in its name; {known}")
    return chosen


def _notes(options: argparse.Namespace, reduced: Reduced) -> list[str]:
    notes = [reduced.note]
    if options.encoder in SIZES:
        counted = f"Lengths are those of the rows, counted in {tokenizer_of_lengths()}"
        notes.append(f"Token ids and weights are random. {counted}, times {options.stretch:g}.")
    if options.quality:
        notes.append("RMSE is that of the last weights on the validation rows of fold 0.")
    return notes


def _page(options: argparse.Namespace) -> Path:
    parts = [
        "training-speed",
        *(["gpu"] if options.device == "cuda" else []),
        *(["quality"] if options.quality else []),
    ]
    return options.output or ROOT / "benchmarks" / f"{'-'.join(parts)}.md"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
