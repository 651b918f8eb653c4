"""Training: every contestant on the same rows."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from speed.contestants import REFERENCE, in_training
from speed.flops import FORMULA, ModelShape, training_flops
from speed.measurement import Training
from speed.preparation import all_rows
from speed.quality import quality_sentences
from speed.rounds import Job, Line, run_rounds
from speed.section import Bench, Section
from speed.table import (
    Peaks,
    best_peaks,
    disturbed,
    faults_of,
    line_of,
    markdown_table,
    peaks_told,
    spread,
    times_faster,
)
from speed.task import Attention, Contestant, Precision, Task

QUALITY_EPOCHS = 2

EXPLAINED = (
    "Wall time is that of the training steps alone, without imports, tokenizing, evaluations and "
    "checkpoints, after a warm-up in the same process. Speed counts real tokens, without padding. "
    "Padding is that of the batches: packed texts compute none of it. "
    "Ratios are taken within each round. Times, ratios and RMSE: median (least to most) over the "
    "rounds, each of which has its own seed.",
    "Trainer: the ready-made sequence classification model and the defaults of TrainingArguments, "
    "but for the rows above. Foldwise: masked mean, linear head at its own higher rate, dropout 0 "
    "as it ships for regression; 'one rate' has the encoder's dropout and one learning rate "
    "everywhere, as the Trainer has; 'packed' or 'padded' is what it does not do with texts by "
    "itself on this device. Frozen embeddings save the gradient that leads to them, which "
    "is counted as if it was computed.",
    "The plain script has one optimizer group a tensor. A few of its steps are timed and projected "
    "to the whole, since every one of them is as long.",
)


def training(bench: Bench) -> Section:
    """Training time of every contestant."""
    return _section(bench, "Training", bench.task, in_training(*_others(bench)))


def quality(bench: Bench) -> Section:
    """The same on all rows and for longer, with the error on the validation rows."""
    if bench.task.random:
        return Section("Quality", [f"{bench.encoder} has random weights: it has no quality."])
    task = replace(
        bench.task,
        train=bench.task.train if bench.options.rows else all_rows(bench.competition),
        epochs=bench.options.epochs or QUALITY_EPOCHS,
        quality=True,
    )
    contestants = [one for one in in_training(*_others(bench)) if one.system != "plain"]
    return _section(bench, "Quality", task, contestants)


def _others(bench: Bench) -> tuple[Precision | None, str, Attention | None]:
    return bench.reduced.precision, bench.options.fastai_python, bench.other_attention


def _section(bench: Bench, title: str, task: Task, contestants: Sequence[Contestant]) -> Section:
    job = Job("training", task, Training)
    lines = run_rounds(job, bench.chosen(list(contestants)), bench.options.rounds, bench.say)
    peaks = best_peaks(lines)
    parts = [
        f"{len(task.train):,} rows, {task.epochs} epoch(s), {task.steps:,} steps in all.",
        training_table(task.shape, lines, quality=task.quality),
        *(quality_sentences(lines) if task.quality else EXPLAINED),
        FORMULA,
        peaks_told(peaks, "forward and backward, tokens of a mean batch"),
        *_absent(bench),
        *disturbed(lines),
    ]
    return Section(title, parts, tuple(faults_of(lines)))


def _absent(bench: Bench) -> list[str]:
    if bench.options.fastai_python:
        return []
    return ["fastai did not take part: no interpreter was given for it (--fastai-python)."]


def training_table(shape: ModelShape, lines: Sequence[Line[Training]], *, quality: bool) -> str:
    """A row for each line that was measured; with `quality` also the error."""
    peaks = best_peaks(lines)
    finished = [line for line in lines if line.measured]
    heads = ["system", "wall s", "rows/s", "real tokens/s", "utilisation"]
    heads += ["times the Trainer's default", "padding", "peak memory", "tokenizing s"]
    heads += ["validation RMSE"] if quality else []
    reference = line_of(finished, REFERENCE)
    rows = [_cells(line, reference, _utilisation(shape, line, peaks)) for line in finished]
    if quality:
        for cells, line in zip(rows, finished, strict=True):
            errors = [one.rmse for one in line.measured if one.rmse is not None]
            cells.append(spread(errors, ".4f"))
    return markdown_table(heads, rows)


def _cells(
    line: Line[Training], reference: Line[Training] | None, used: Sequence[float]
) -> list[str]:
    measured = line.measured
    projected = " (projected)" if measured[0].taken < measured[0].steps else ""
    return [
        line.contestant.label + projected,
        spread([one.seconds for one in measured], ".1f"),
        f"{median(one.amount.rows / one.seconds for one in measured):,.1f}",
        f"{median(one.amount.tokens / one.seconds for one in measured):,.0f}",
        spread(used, ".0%"),
        spread(times_faster(line, reference), ".2f"),
        f"{median(1 - one.amount.tokens / one.padded_tokens for one in measured):.0%}",
        f"{max(one.peak_bytes for one in measured) / 2**30:.2f} GiB",
        spread([one.tokenizing for one in measured if one.tokenizing is not None], ".2f"),
    ]


def _utilisation(shape: ModelShape, line: Line[Training], peaks: Peaks) -> list[float]:
    """The share of the matrix peak of its precision that a contestant reached, by round."""
    return [
        training_flops(shape, one.amount) / one.seconds / peaks[line.contestant.precision, number]
        for number, one in enumerate(line.measured)
    ]
