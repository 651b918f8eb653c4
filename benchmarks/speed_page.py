"""Speed, side by side with what a user would pick instead; writes one page of Markdown.

make bench
python benchmarks/speed_page.py --rows 96 --rounds 1 --sections training,prediction
python benchmarks/speed_page.py --device cuda --encoder roberta-base-random roberta-large-random \
    --competition commonlit samr --sections training,prediction,profile
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from speed.contestants import Reduced, in_training, other_attention, reduced_precision
from speed.machine import busyness, use_cores
from speed.options import checked, parser
from speed.page import chapter, page, page_path
from speed.preparation import prepared_task
from speed.section import Bench, Section, checked_words
from speed.sections import SECTIONS

from foldwise.errors import FoldwiseError
from foldwise.storage import write_text

FAILED = 4  # exit code: a contestant failed


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 if every contestant was measured in every round."""
    options = parser(__doc__.splitlines()[0]).parse_args(arguments)
    try:
        return _measured(options)
    except FoldwiseError as error:
        _say(f"error: {error}")
        return error.exit_code


def _measured(options: argparse.Namespace) -> int:
    names = checked(options)
    use_cores(options.threads)
    reduced = reduced_precision(options.device, options.threads)
    checked_words(options.only, _labels(options, reduced))
    before = busyness("before")
    pairs = list(product(options.encoder, options.competition))
    chapters: list[str] = []
    faults: list[str] = []
    for encoder, competition in pairs:
        with tempfile.TemporaryDirectory() as folder:
            task = prepared_task(options, encoder, competition, Path(folder), _say)
            bench = Bench(options, task, competition, encoder, reduced, _say)
            done: list[Section] = []
            for section in _sections(bench, names):
                done.append(section)
                faults += section.faults
                # written after every section, so that a long measurement loses nothing
                latest = [*chapters, chapter(bench, done, alone=len(pairs) == 1)]
                busy = [before, busyness("after")]
                write_text(page_path(options), page(options, busy, latest))
        chapters = latest
    _say(f"written to {page_path(options)}")
    return FAILED if faults else 0


def _labels(options: argparse.Namespace, reduced: Reduced) -> list[str]:
    """The names of all who may take part; no encoder is there yet to say what it lacks."""
    other = other_attention(options.device)
    return [one.label for one in in_training(reduced.precision, options.fastai_python, other)]


def _sections(bench: Bench, names: Sequence[str]) -> Iterator[Section]:
    for name in names:
        section = SECTIONS[name](bench)
        print(f"{section.as_markdown()}\n", flush=True)
        yield section


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
