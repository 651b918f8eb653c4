"""The command line of the benchmark."""

import argparse
import importlib.util
import os
from pathlib import Path

from speed.random_encoders import SIZES
from speed.sections import SECTIONS

from foldwise.errors import Complaints, UsageError, did_you_mean
from foldwise.settings import Encoder


def parser(description: str) -> argparse.ArgumentParser:
    """The parser of its options."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--sections", default=",".join(SECTIONS), help=f"({','.join(SECTIONS)})")
    made.add_argument(
        "--only", nargs="+", default=[], metavar="WORDS", help="contestants with these in the name"
    )
    made.add_argument("--rounds", type=int, default=3, help="of all contestants (3)")
    made.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="(cpu)")
    made.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="(all cores)")
    made.add_argument("--output", type=Path, help="the page (benchmarks/speed-<device>.md)")
    made.add_argument(
        "--fastai-python", default="", metavar="PATH", help="an interpreter that has fastai"
    )
    _what_is_learned(made)
    return made


def _what_is_learned(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--encoder", nargs="+", default=[Encoder().name], help=f"names, or {', '.join(SIZES)}"
    )
    made.add_argument("--competition", nargs="+", default=["movie-valence"], help="(movie-valence)")
    made.add_argument(
        "--rows", type=int, help="training rows; 0: all (1,200; all for quality and tokenizing)"
    )
    made.add_argument("--epochs", type=int, help="(1; 2 for quality)")
    made.add_argument("--batch-size", type=int, default=16, help="texts a step (16)")
    made.add_argument("--rate", type=float, default=5e-5, help="peak learning rate (5e-5)")
    made.add_argument("--stretch", type=float, default=1.0, help="random ids: longer texts (1)")


def checked(options: argparse.Namespace) -> list[str]:
    """The names of the sections asked for, in the order of the page.

    Raises:
        UsageError: a package is missing, or options make no sense; all complaints at once.
    """
    complaints = Complaints()
    if importlib.util.find_spec("accelerate") is None:
        complaints.add('the Trainer needs accelerate: run pip install -e ".[bench]"')
    if options.stretch != 1 and not set(options.encoder) <= set(SIZES):
        complaints.add(f"--stretch needs encoders of random weights: {', '.join(SIZES)}")
    for name in ("rounds", "threads", "batch_size"):
        if getattr(options, name) < 1:
            complaints.add(
                f"--{name.replace('_', '-')} is at least 1: got {getattr(options, name)}"
            )
    if options.rows is not None and options.rows < 0:
        complaints.add(f"--rows is 0, for all, or more: got {options.rows}")
    if options.fastai_python and not Path(options.fastai_python).is_file():
        complaints.add(f"--fastai-python {options.fastai_python} is no file; give an interpreter")
    asked = options.sections.split(",")
    for name in set(asked) - set(SECTIONS):
        complaints.add(f"no section {name!r}; {did_you_mean(name, list(SECTIONS))}")
    complaints.raise_if_any(UsageError)
    return [name for name in SECTIONS if name in asked]
