"""Tokenization: every contestant on the same texts."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from speed.contestants import TOKENIZING_REFERENCE, in_tokenizing
from speed.measurement import Measurement
from speed.preparation import all_rows
from speed.rounds import Job, Line, run_rounds
from speed.section import Bench, Section
from speed.table import disturbed, faults_of, line_of, markdown_table, spread, times_faster


def tokenizing(bench: Bench) -> Section:
    """Tokenization time of every contestant.

    Raises:
        ValueError: two contestants made different tokens of the same texts.
    """
    if bench.task.random:
        return Section("Tokenization", [f"{bench.encoder} has random ids: nothing to tokenize."])
    rows = bench.task.train if bench.options.rows else all_rows(bench.competition)
    job = Job("tokenizing", replace(bench.task, train=rows), Measurement)
    lines = run_rounds(job, bench.chosen(in_tokenizing()), bench.options.rounds, bench.say)
    amounts = {one.amount for line in lines for one in line.measured}
    if len(amounts) > 1:
        raise ValueError(f"the same texts have different tokens: {amounts}")
    tokens = sum(amount.tokens for amount in amounts)
    explained = (
        f"{len(rows):,} texts, {tokens:,} tokens, the same for all. Foldwise checks the texts, "
        f"encodes each different one once, and the first time also writes its cache."
    )
    return Section(
        "Tokenization", [_table(lines), explained, *disturbed(lines)], tuple(faults_of(lines))
    )


def _table(lines: Sequence[Line[Measurement]]) -> str:
    reference = line_of(lines, TOKENIZING_REFERENCE)
    return markdown_table(
        ["way", "wall s", "rows/s", "real tokens/s", "times the loop"],
        [
            [
                line.contestant.label,
                spread([one.seconds for one in line.measured], ".3f"),
                f"{median(one.amount.rows / one.seconds for one in line.measured):,.0f}",
                f"{median(one.amount.tokens / one.seconds for one in line.measured):,.0f}",
                spread(times_faster(line, reference), ".2f"),
            ]
            for line in lines
            if line.measured
        ],
    )
