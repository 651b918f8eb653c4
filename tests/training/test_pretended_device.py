import json
import subprocess
import sys
from typing import get_args

import pytest

from foldwise.settings.model import PoolingKind
from foldwise.settings.objective import LossKind
from tests.training.pretended_device import CLASSIFIERS, CRAFTS, FAMILIES
from tests.training.test_freezing import CASES as FROZEN


@pytest.mark.timeout(300)
def test_everything_a_step_computes_with_is_on_the_device_and_no_value_is_waited_for() -> None:
    command = [sys.executable, "-m", "tests.training.pretended_device"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert "FakeTensorDeviceMismatchError" in found.pop("left behind")
    assert "ComesBack" in found.pop("waited for")
    assert {case: fault for case, fault in found.items() if fault} == {}
    assert len(found) == len(FAMILIES) + len(CRAFTS) + len(CLASSIFIERS) + len(FROZEN)


def test_every_pooling_and_loss_is_among_the_cases() -> None:
    cases = [*CRAFTS, *CLASSIFIERS]
    poolings = {case.get("pooling", {}).get("kind", "mean") for case in cases}
    losses = {case.get("loss", {}).get("kind", "auto") for case in cases}
    assert poolings | {"gru"} == set(get_args(PoolingKind))  # torch cannot pretend a GRU
    assert losses | {"mse"} == set(get_args(LossKind))  # mse is a regression's "auto"
