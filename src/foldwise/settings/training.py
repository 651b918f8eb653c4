"""Settings of how long, how much at once, and on what."""

from typing import Annotated, Literal

from pydantic import Field

from foldwise.settings.section import Count, CountOrNone, Positive, Section

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]


class Training(Section):
    """How long, how much at once, how often evaluated."""

    epochs: Positive = 2.0  # without [[stages]], which have their own
    batch_size: Count = 16  # texts an optimizer step
    micro_batch_tokens: Count = 16384  # padded tokens at once; larger batches are accumulated
    gradient_checkpointing: bool = False  # less memory, a third more time, the same results
    evaluations_per_epoch: Count = 2
    keep: Literal["best", "last"] = "best"  # which weights predict
    cross_fitted: bool = True  # OOF by the evaluation that the other half of the fold chose
    patience: CountOrNone = 0  # evaluations without a better score that end training; 0: never
    collapse_steps: CountOrNone = 50  # from here on constant predictions are a collapse; 0: never
    collapse_restarts: CountOrNone = 2  # times that a collapsed fold begins anew at half the rates
    cache_frozen: bool = True  # compute the outputs of frozen layers once
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 60.0  # at least this long between two
    rows: CountOrNone = 0  # train on so many, chosen by id; 0: all
    folds: CountOrNone = 0  # merge the table's folds into so many; 0: as they are


class Hardware(Section):
    """What it runs on; resolved once, then part of the run."""

    device: Device = "auto"
    precision: Precision = "auto"  # auto: the fastest that works here
    threads: CountOrNone = 0  # of one worker on a CPU; 0: all cores
    processes: Count = 1  # that train one fold together, each from a share of every batch
    jobs_per_gpu: Count | Literal["auto"] = 1  # folds at once on a GPU; auto: while it gains
