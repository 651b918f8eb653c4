"""Who takes part, by what the machine can do."""

from typing import NamedTuple

from speed.task import Attention, Contestant, Precision

from foldwise.errors import UsageError
from foldwise.training.hardware import gpu_fault
from foldwise.training.precision import fastest_precision, probe_cpu

REFERENCE = "Trainer, dynamic padding, fp32"  # its defaults
TOKENIZING_REFERENCE = "transformers, a Python loop"
SHARE = 0.1  # of dropout, as in BERT and RoBERTa
TEXTS_ARE = {"packed": "packed", "sdpa": "padded"}  # in the table, by attention


class Reduced(NamedTuple):
    """The reduced precision to take part, if any, and a note on what was found."""

    precision: Precision | None
    note: str


def reduced_precision(device: str, threads: int) -> Reduced:
    """What to try besides fp32 on this machine: found by computing, never by what it announces.

    Raises:
        UsageError: a GPU was asked for that cannot run a real operation.
    """
    if device == "cuda":
        fault = gpu_fault()
        if fault:
            raise UsageError(f"no usable GPU: {fault}; leave out --device cuda")
        best = fastest_precision("cuda", threads)
        if best not in {"bf16", "fp16"}:
            return Reduced(None, "This GPU computes fastest in fp32.")
        return Reduced("bf16" if best == "bf16" else "fp16", f"Reduced precision here: {best}.")
    probe = probe_cpu(threads)
    if probe.bf16 is None:
        note = "bf16 does not work on this CPU (a probe in a process of its own died): left out."
        return Reduced(None, note)
    ratio = probe.fp32 / probe.bf16
    if ratio < 1:
        note = (
            f"bf16 is emulated on this CPU ({ratio:.2f} times fp32's speed in a probe): left out."
        )
        return Reduced(None, note)
    return Reduced(
        "bf16", f"A probe's training step is {ratio:.2f} times faster in bf16 than fp32."
    )


def other_attention(device: str) -> Attention:
    """The attention that Foldwise does not choose by itself on `device`, where it has two.

    It packs texts on a CPU and pads them on a GPU: see `foldwise.modeling.model`.
    """
    return "sdpa" if device == "cpu" else "packed"


def in_training(
    reduced: Precision | None, fastai_python: str, other: Attention | None
) -> list[Contestant]:
    """Every line of the training table, the reference first.

    Args:
        reduced: the precision besides fp32.
        fastai_python: an interpreter that has fastai; empty: there is none.
        other: the attention that Foldwise does not choose by itself; None: it has but one.
    """
    contestants = [
        *_training_in("fp32", other),
        Contestant("plain script, all padded to 256, fp32", "plain", "fp32"),
        *([] if reduced is None else _training_in(reduced, other)),
    ]
    if fastai_python:
        contestants += [
            Contestant(f"fastai, one-cycle, {precision}", "fastai", precision, python=fastai_python)
            for precision in _precisions(reduced)
        ]
    return contestants


def in_prediction(reduced: Precision | None, other: Attention | None) -> list[Contestant]:
    """Every line of the prediction table, the reference first; `other` as in training."""
    return [one for precision in _precisions(reduced) for one in _prediction_in(precision, other)]


def in_tokenizing() -> list[Contestant]:
    """Every line of the table of tokenization, the reference first."""
    return [
        Contestant(TOKENIZING_REFERENCE, "python loop", "fp32"),
        Contestant("transformers, all texts at once", "transformers batch", "fp32"),
        Contestant("tokenizers, encode_batch_fast", "tokenizers batch", "fp32"),
        Contestant("Foldwise, the first time", "foldwise", "fp32"),
        Contestant("Foldwise, from its cache", "foldwise cached", "fp32"),
    ]


def in_folds(reduced: Precision | None) -> list[Contestant]:
    """Every line of the table of whole cross-validations, the reference first."""
    best = reduced or "fp32"
    return [
        Contestant(REFERENCE, "trainer", "fp32"),
        Contestant(f"Trainer, length-grouped, {best}", "trainer", best, grouped=True),
        *(Contestant(f"Foldwise, {precision}", "foldwise", precision)
          for precision in _precisions(reduced)),
    ]  # fmt: skip


def fastest_foldwise(reduced: Precision | None) -> Contestant:
    """Foldwise as it comes, in the fastest precision that works here."""
    best = reduced or "fp32"
    return Contestant(f"Foldwise, {best}", "foldwise", best)


def _precisions(reduced: Precision | None) -> list[Precision]:
    return ["fp32"] if reduced is None else ["fp32", reduced]


def _prediction_in(precision: Precision, other: Attention | None) -> list[Contestant]:
    grouped = [
        Contestant(
            f"Trainer, length-grouped, {rows} rows at once, {precision}",
            "trainer",
            precision,
            grouped=True,
            rows_at_once=rows,
        )
        for rows in (8, 64)
    ]
    default = Contestant(f"Trainer, dynamic padding, {precision}", "trainer", precision)
    return [
        default,
        *grouped,
        Contestant(f"Foldwise, {precision}", "foldwise", precision),
        *_with_attention(other, precision),
    ]


def _training_in(precision: Precision, other: Attention | None) -> list[Contestant]:
    def trainer(label: str, *, grouped: bool, dropout: float | None = None) -> Contestant:
        name = f"Trainer, {label}, {precision}"
        return Contestant(name, "trainer", precision, dropout=dropout, grouped=grouped)

    name = "Foldwise"
    return [
        trainer("dynamic padding", grouped=False),
        trainer("length-grouped", grouped=True),
        trainer("length-grouped, dropout 0", grouped=True, dropout=0.0),
        Contestant(
            f"{name}, dropout {SHARE}, one rate, {precision}",
            "foldwise",
            precision,
            dropout=SHARE,
            one_rate=True,
        ),
        Contestant(f"{name}, {precision}", "foldwise", precision),
        Contestant(
            f"{name}, embeddings frozen, {precision}",
            "foldwise",
            precision,
            frozen_embeddings=True,
        ),
        *_with_attention(other, precision),
    ]


def _with_attention(other: Attention | None, precision: Precision) -> list[Contestant]:
    if other is None:
        return []
    label = f"Foldwise, {TEXTS_ARE[other]}, {precision}"
    return [Contestant(label, "foldwise", precision, attention=other)]
