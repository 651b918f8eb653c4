import subprocess
import sys

import pytest

from foldwise.errors import UsageError
from foldwise.kaggle.session import devices
from foldwise.kaggle.session.devices import SIMULATED, Device, find_devices


def test_simulated_gpus_are_told_apart_and_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SIMULATED, "2")
    found = find_devices()
    assert [device.visible for device in found.usable] == ["0", "1"]
    assert found.usable[1].environment()["CUDA_VISIBLE_DEVICES"] == "1"
    assert found.remarks == ("2 GPUs are simulated: the CPU does their work",)


@pytest.mark.parametrize("wanted", ["0", "two", "-1"])
def test_a_number_of_gpus_is_a_number(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv(SIMULATED, wanted)
    with pytest.raises(UsageError, match="is a number of GPUs, 1 or more"):
        find_devices()


def test_no_gpu_is_one_process_on_the_cpu_and_said_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = find_devices()
    assert [device.kind for device in found.usable] == ["cpu"]
    assert found.remarks[0].startswith("NO GPU: one process computes on ")


def test_a_gpu_that_computes_nothing_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    # as a P100: torch sees it, and has no kernels for it
    faults = {"0": ("Tesla P100", "no kernel image is available"), "1": ("Tesla T4", "")}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setattr(devices, "_probe", faults.__getitem__)
    found = find_devices()
    assert found.usable == (Device("cuda", "1", "Tesla T4"),)
    assert found.remarks == ("GPU 0 (Tesla P100) cannot be used: no kernel image is available",)


def test_a_probe_that_dies_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def died(command: list[str], **_options: object) -> "subprocess.CompletedProcess[str]":
        assert command == [sys.executable, "-m", "foldwise.kaggle.session.device_probe"]
        return subprocess.CompletedProcess(command, -6, "", "CUDA error: device-side assert\n")

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr("foldwise.kaggle.session.devices.subprocess.run", died)
    found = find_devices()
    assert [device.kind for device in found.usable] == ["cpu"]
    assert "ended with -6: CUDA error: device-side assert" in found.remarks[0]
