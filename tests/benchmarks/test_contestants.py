"""Who takes part in the speed benchmark: each way of working once."""

from argparse import Namespace
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from speed.contestants import Reduced, in_prediction, in_training, other_attention
from speed.encoder_shape import can_be_packed
from speed.flops import ModelShape
from speed.foldwise_parts import settings_of
from speed.section import Bench
from speed.task import Attention, Contestant, Rows, Task

from foldwise.errors import UsageError
from foldwise.modeling.model import build_model
from foldwise.modeling.packing import PLAIN
from tests.tiny_families import FAMILIES, make_tiny_family

Device = Literal["cpu", "cuda"]


def task_of(encoder: Path, device: Device) -> Task:
    rows = Rows(["a", "b"], None, [0.5, -1.0])
    return Task(
        encoder=str(encoder), random=False, train=rows, valid=rows, epochs=1, batch_size=1,
        rate=5e-5, warmup=0.1, weight_decay=0.01, max_length=64, device=device, threads=1,
        quality=False, shape=ModelShape(layers=2, width=16, matrices=((16, 16),)),
    )  # fmt: skip


def bench_of(task: Task, *only: str) -> Bench:
    return Bench(
        Namespace(only=list(only)), task, "any", "any", Reduced(None, ""), lambda _text: None
    )


def tables(other: Attention | None) -> list[list[Contestant]]:
    return [in_training("bf16", "python", other), in_prediction("bf16", other)]


@pytest.mark.parametrize(
    ("device", "word", "absent"), [("cpu", "padded", "packed"), ("cuda", "packed", "padded")]
)
def test_beside_foldwise_as_it_comes_is_the_other_way_of_attention_by_its_name(
    device: str, word: str, absent: str
) -> None:
    for table in tables(other_attention(device)):
        labels = [one.label for one in table]
        for precision in ("fp32", "bf16"):
            assert f"Foldwise, {precision}" in labels
            assert f"Foldwise, {word}, {precision}" in labels
            assert f"Foldwise, {absent}, {precision}" not in labels


@pytest.mark.parametrize("other", ["sdpa", "packed", None])
def test_nothing_is_measured_twice(other: Attention | None) -> None:
    for table in tables(other):
        work = Counter(replace(one, label="") for one in table)
        assert work.most_common(1)[0][1] == 1
        assert len({one.label for one in table}) == len(table)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_other_way_of_attention_is_one_that_foldwise_does_not_choose(
    device: Device, tmp_path: Path
) -> None:
    task = task_of(make_tiny_family(tmp_path, "roberta"), device)
    packed = {}
    for one in in_training(None, "", bench_of(task).other_attention):
        if one.label in {"Foldwise, fp32", "Foldwise, padded, fp32", "Foldwise, packed, fp32"}:
            model = build_model(tmp_path, settings_of(task, one, 0), 1, "regression")
            packed[one.label] = model.encoder.is_packed
    other = (
        {"Foldwise, padded, fp32": False} if device == "cpu" else {"Foldwise, packed, fp32": True}
    )
    assert packed == {"Foldwise, fp32": device == "cpu", **other}


@pytest.mark.parametrize("family", ["deberta-v3", "xlnet", "modernbert"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_family_that_cannot_be_packed_has_one_way_of_attention(
    device: Device, family: str, tmp_path: Path
) -> None:
    bench = bench_of(task_of(make_tiny_family(tmp_path, family), device))
    assert bench.other_attention is None
    for table in tables(bench.other_attention):
        assert all(one.attention == "auto" for one in table)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_can_be_packed_is_read_from_the_config(family: str, tmp_path: Path) -> None:
    assert can_be_packed(str(make_tiny_family(tmp_path, family))) is (family in PLAIN)


def test_words_choose_by_a_part_of_the_name(tmp_path: Path) -> None:
    task = task_of(make_tiny_family(tmp_path, "bert"), "cpu")
    bench = bench_of(task, "Wise, Padded", "length-grouped, fp32")
    found = bench.chosen(in_training(None, "", bench.other_attention))
    assert {one.label: one.attention for one in found} == {
        "Trainer, length-grouped, fp32": "auto",
        "Foldwise, padded, fp32": "sdpa",
    }
    assert len(bench_of(task).chosen(found)) == 2  # without words, all are


def test_words_that_leave_nobody_are_refused(tmp_path: Path) -> None:
    bench = bench_of(task_of(make_tiny_family(tmp_path, "deberta-v3"), "cpu"), "Wise, Padded")
    with pytest.raises(UsageError, match="leaves nobody of those who can take part with any"):
        bench.chosen(in_training(None, "", bench.other_attention))
