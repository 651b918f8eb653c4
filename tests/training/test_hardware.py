import pytest
import torch

from foldwise.errors import UsageError
from foldwise.settings import Hardware
from foldwise.training import hardware
from foldwise.training.hardware import (
    gpu_fault,
    prepare_process,
    resolved_hardware,
    usable_cores,
)
from foldwise.training.precision import Probe

CPU = Hardware(device="cpu", precision="fp32", threads=2)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def broken_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card that torch sees and has no kernels for."""

    def fail(*_sizes: int, device: str) -> torch.Tensor:
        raise RuntimeError(f"{device}: no kernel image is available\nmore lines")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", fail)


def test_what_is_decided_stays(no_gpu: None) -> None:
    assert resolved_hardware(CPU, 5) == CPU


def test_auto_becomes_what_the_machine_has(no_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "fastest_precision", lambda *_: "bf16")
    monkeypatch.setattr(hardware, "probe_cpu", lambda _threads: Probe(2.0, 1.0))
    resolved = resolved_hardware(Hardware(), 5)
    assert resolved == Hardware(device="cpu", precision="bf16", threads=max(1, usable_cores() // 5))
    # resolving again changes nothing
    assert resolved_hardware(resolved, 2) == resolved


def test_half_precision_needs_a_gpu(no_gpu: None) -> None:
    with pytest.raises(UsageError, match=r"hardware\.precision=fp16 needs a GPU"):
        resolved_hardware(Hardware(device="cpu", precision="fp16"), 5)


def test_a_gpu_that_was_asked_for_and_is_not_there_is_refused(no_gpu: None) -> None:
    with pytest.raises(UsageError, match="no usable GPU: torch sees no CUDA device; fix it, or se"):
        resolved_hardware(Hardware(device="cuda", precision="fp32"), 5)


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_gpu_that_cannot_compute_is_no_silent_fallback(broken_gpu: None, device: str) -> None:
    with pytest.raises(UsageError, match="no usable GPU: cuda: no kernel image is available; fix"):
        resolved_hardware(Hardware(device=device, precision="fp32"), 5)


def test_each_process_of_a_fold_needs_a_gpu_or_has_a_share_of_the_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(hardware, "gpu_fault", lambda: None)
    with pytest.raises(UsageError, match="processes has a GPU of its own, but there are 2 for 3"):
        resolved_hardware(Hardware(device="cuda", precision="fp32", processes=3), 1)
    monkeypatch.setattr(hardware, "usable_cores", lambda: 12)
    wanted = Hardware(device="cpu", precision="fp32", processes=3)
    assert resolved_hardware(wanted, 2).threads == 2


def test_the_cpu_can_be_chosen_beside_a_broken_gpu(broken_gpu: None) -> None:
    assert resolved_hardware(CPU, 5).device == "cpu"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_working_gpu_has_no_fault() -> None:
    assert gpu_fault() is None


def test_the_process_uses_the_threads_of_the_settings() -> None:
    before = torch.get_num_threads()
    try:
        prepare_process(Hardware(device="cpu", precision="fp32", threads=1))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_bf16_that_kills_the_process_is_refused(
    no_gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Hardware(device="cpu", precision="bf16", threads=1)
    monkeypatch.setattr(hardware, "probe_cpu", lambda _threads: Probe(1.0, None))
    with pytest.raises(UsageError, match=r"precision=bf16 does not work on this CPU"):
        resolved_hardware(wanted, 5)

    monkeypatch.setattr(hardware, "probe_cpu", lambda _threads: Probe(1.0, 5.0))
    assert resolved_hardware(wanted, 5) == wanted  # slow, but asked for
