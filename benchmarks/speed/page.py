"""The page: which machine, what was learned, and the sections."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from speed.machine import machine_facts
from speed.preparation import ROOT, is_drawn, task_facts
from speed.random_encoders import SIZES
from speed.rows import tokenizer_of_lengths
from speed.section import Bench, Section


def page_path(options: Namespace) -> Path:
    """Where the page is written."""
    return options.output or ROOT / "benchmarks" / f"speed-{options.device}.md"


def chapter(bench: Bench, sections: Sequence[Section], *, alone: bool) -> str:
    """One encoder on one competition; `alone`: the page has no other."""
    facts = task_facts(bench.task, bench.competition, bench.encoder)
    notes = [bench.reduced.note, *_lengths_note(bench)]
    parts = [
        *([] if alone else [f"# {bench.encoder} on {bench.competition}"]),
        "\n".join(f"- {fact}" for fact in [*facts, *notes]),
        *(section.as_markdown() for section in sections),
    ]
    return "\n\n".join(parts)


def page(options: Namespace, busy: Sequence[str], chapters: Sequence[str]) -> str:
    """The whole page.

    Args:
        options: of the command line.
        busy: what else the machine did before the first measurement, and after the last.
        chapters: what was measured.
    """
    facts = [*machine_facts(options.device, options.threads), *busy]
    head = [f"# Speed, {options.device}", "\n".join(f"- {fact}" for fact in facts)]
    return "\n\n".join([*head, *chapters]) + "\n"


def _lengths_note(bench: Bench) -> list[str]:
    if bench.encoder not in SIZES:
        return []
    counted = f"those of its rows, counted in {tokenizer_of_lengths()}"
    if is_drawn(bench.competition):
        counted = "drawn as `benchmarks/speed/known_lengths.py` says, since its data is not here"
    stretch = f", times {bench.options.stretch:g}" if bench.options.stretch != 1 else ""
    return [f"token ids and weights are random; lengths are {counted}{stretch}"]
