import json
import signal
import sys
from pathlib import Path

import pytest
import torch

from foldwise.errors import UsageError
from foldwise.training import precision
from foldwise.training.precision import Probe, autocast, fastest_precision, probe_cpu


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in place of Python that notes its calls; `fate` says what it does in bf16."""
    program = tmp_path / "python"
    monkeypatch.setenv("FOLDWISE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "executable", str(program))
    write_stand_in(program, fp32="echo '{\"seconds\": 2.0}'", bf16="echo '{\"seconds\": 1.0}'")
    return program


def write_stand_in(program: Path, fp32: str, bf16: str) -> None:
    calls = program.with_name("calls")
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {calls}\ncase "$3" in fp32) {fp32};; bf16) {bf16};; esac\n'
    )
    program.chmod(0o755)


def calls_of(program: Path) -> list[str]:
    return program.with_name("calls").read_text().splitlines()


def test_each_format_is_tried_in_a_process_of_its_own(stand_in: Path) -> None:
    assert probe_cpu(threads=3) == Probe(fp32=2.0, bf16=1.0)
    assert calls_of(stand_in) == [
        "-m foldwise.training.precision_probe fp32 3",
        "-m foldwise.training.precision_probe bf16 3",
    ]


@pytest.mark.parametrize("fate", [f"kill -{signal.SIGILL.value} $$", "exit 1"])
def test_a_format_whose_probe_dies_does_not_work(stand_in: Path, fate: str) -> None:
    write_stand_in(stand_in, fp32="echo '{\"seconds\": 2.0}'", bf16=fate)
    assert probe_cpu(threads=1) == Probe(fp32=2.0, bf16=None)
    assert fastest_precision("cpu", threads=1) == "fp32"


def test_a_format_whose_probe_does_not_end_is_not_chosen(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stand_in(stand_in, fp32="echo '{\"seconds\": 2.0}'", bf16="exec sleep 60")
    monkeypatch.setattr(precision, "PROBE_SECONDS", 0.5)
    assert probe_cpu(threads=1).bf16 is None


@pytest.mark.parametrize(
    ("bf16", "chosen"), [("1.0", "bf16"), ("1.9", "fp32"), ("2.0", "fp32"), ("40", "fp32")]
)
def test_reduced_precision_is_chosen_only_if_it_is_clearly_faster(
    stand_in: Path, bf16: str, chosen: str
) -> None:
    write_stand_in(
        stand_in, fp32="echo '{\"seconds\": 2.0}'", bf16=f"echo '{{\"seconds\": {bf16}}}'"
    )
    assert fastest_precision("cpu", threads=1) == chosen


def test_a_machine_is_probed_once_for_each_number_of_threads(
    stand_in: Path, tmp_path: Path
) -> None:
    first = probe_cpu(threads=1)
    write_stand_in(stand_in, fp32="exit 1", bf16="exit 1")
    assert probe_cpu(threads=1) == first
    assert len(calls_of(stand_in)) == 2
    (cached,) = (tmp_path / "cache" / "precision").iterdir()
    assert json.loads(cached.read_text()) == {"fp32": 2.0, "bf16": 1.0}
    with pytest.raises(UsageError, match="cannot multiply float32 matrices"):
        probe_cpu(threads=2)


def test_autocast_reduces_matrix_products_only() -> None:
    layer = torch.nn.Linear(4, 4)
    with autocast("cpu", "bf16"):
        assert layer(torch.ones(1, 4)).dtype == torch.bfloat16
    with autocast("cpu", "fp32"):
        assert layer(torch.ones(1, 4)).dtype == torch.float32
    assert layer.weight.dtype == torch.float32
