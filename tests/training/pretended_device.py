"""Training steps on a device that only pretends: where each tensor lies is known, not its values.

`python -m tests.training.pretended_device` takes one for every case, and prints as JSON what was
wrong. A tensor that was left on the CPU, or made there in the middle of a step, cannot be computed
with, as on a GPU; so cannot what needs a value, for which a GPU would be waited for. In a process
of its own: torch knows the device from then on.
https://docs.pytorch.org/docs/stable/torch.compiler_fake_tensor.html
"""

import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils import backend_registration as registration

from foldwise.competition.competition import Task
from foldwise.modeling.model import TextModel, build_model
from foldwise.tokenization.batches import collate
from foldwise.training.learning import fold_model
from foldwise.training.loop import Learner, take_step
from foldwise.training.losses import Labels
from tests.tiny_families import make_tiny_family
from tests.training.test_freezing import CASES as FROZEN
from tests.training.test_freezing import states_of
from tests.training.tiny_learners import TEXTS, learner_of, settings_of, tiny_tokens

NAME = "pretended"
CLASSES = 3
# XLM's and DeBERTa's own code in transformers asks for a value in each step
FAMILIES = (
    "bert", "roberta", "distilbert", "xlnet", "albert", "electra", "deberta-v2", "deberta-v3",
    "modernbert",
)  # fmt: skip
# several at once, each at least once; but for pooling.kind="gru", which torch cannot pretend
CRAFTS: list[dict[str, Any]] = [
    {"pooling": {"kind": "first"}, "loss": {"kind": "rmse"}, "averaging": {"kind": "ema"}},
    {"pooling": {"kind": "mean"}, "loss": {"kind": "smooth_l1"}, "averaging": {"kind": "swa"}},
    {"pooling": {"kind": "max"}, "loss": {"kind": "huber"}, "regularization": {"mixout": 0.1}},
    {"pooling": {"kind": "min"}, "loss": {"kind": "bce"},
     "regularization": {"pretrained_decay": 0.1}},
    {"pooling": {"kind": "top_k"}, "loss": {"kind": "gaussian"},
     "training": {"gradient_checkpointing": True}},
    {"pooling": {"kind": "attention"}, "loss": {"kind": "kl"}, "encoder": {"layer_drop": 0.2}},
    {"pooling": {"kind": "gem"}, "loss": {"kind": "ranking"},
     "regularization": {"adversarial": "fgm"}},
    {"pooling": {"kind": "lstm"}, "loss": {"weights": "target_sd"},
     "regularization": {"adversarial": "awp"}},
    {"pooling": {"kind": "flatten"}, "regularization": {"r_drop": 0.5}, "encoder": {"dropout": 0.1},
     "optimizer": {"bias_correction": False}},
]  # fmt: skip
CLASSIFIERS: list[dict[str, Any]] = [
    {"loss": {"kind": "cross_entropy"}, "encoder": {"attention": "sdpa", "dropout": 0.1}},
    {"loss": {"kind": "focal"}, "encoder": {"attention": "packed", "dropout": 0.1}},
    {"loss": {"kind": "soft"}, "pooling": {"beside": "first"}},
    {"loss": {"kind": "ordinal"}, "pooling": {"layers": 2, "combine": "weighted"}},
]


class Backend(registration._DummyBackendModule):
    """What torch asks a device of."""

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        """The formats of a mixed precision."""
        return [torch.bfloat16, torch.float16]


class ComesBack(Exception):
    """The CPU waits for the device."""


class Pretending(FakeTensorMode):
    """Tensors without values, also those made of numbers."""

    def may_turn_const(self, t: Tensor) -> bool:  # noqa: ARG002
        """Never: what is computed of constants would be computed in earnest."""
        return False

    def dispatch(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The operation's outcome; memory that is pinned stays where it is.

        Values on the CPU may be asked for, since none of them comes from the device.

        Raises:
            ComesBack: something is copied from the device to the CPU, which is waited for.
        """
        if func is torch.ops.aten._pin_memory.default:
            return args[0]
        if func is torch.ops.aten._to_copy.default and _leaves(
            args[0], (kwargs or {}).get("device")
        ):
            raise ComesBack("a value is copied from the device")
        if func is torch.ops.aten.copy_.default and _leaves(args[1], args[0].device):
            raise ComesBack("a value is copied from the device")
        if func is torch.ops.aten._local_scalar_dense.default and args[0].device.type == "cpu":
            return 0.5 if args[0].is_floating_point() else 1
        return super().dispatch(func, types, args, kwargs)


def _leaves(value: Any, to: torch.device | None) -> bool:
    """Whether a copy to a device, or to where it is, takes a tensor off the pretended one."""
    is_there = isinstance(value, Tensor) and value.device.type == NAME
    return is_there and to is not None and torch.device(to).type != NAME


def step_on_device(folder: Path, changed: dict[str, Any], *, classify: bool, freeze: bool) -> None:
    """A step and a prediction of a model that is on the device as a whole.

    Raises:
        Exception: torch's, where something was elsewhere.
    """
    # packed texts are attended to one length after the other, which takes long to pretend
    encoder = {"attention": "eager", **changed.get("encoder", {})}
    chosen, tokens = settings_of(**{**changed, "encoder": encoder}), tiny_tokens(folder)
    task: Task = "classification" if classify else "regression"
    device = torch.device(NAME)
    model = build_model(folder, chosen, outputs=CLASSES if classify else 1, task=task)
    if changed.get("regularization", {}).get("adversarial", "none") == "none":
        model.encoder.learn_seen_tokens(torch.from_numpy(tokens.vocabulary(np.array([0, 1]))))
    with ExitStack() as stack:
        frozen = None
        if freeze:
            kept = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            frozen = stack.enter_context(states_of(folder, chosen, kept))
        stack.enter_context(Pretending())
        put_on_device(model)
        made = fold_model(model, chosen, task, epoch=1, vocabulary=None)
        learner = learner_of(made, chosen, frozen=frozen)
        known = Labels(*(torch.ones(len(TEXTS), *shape) for shape in ((1,), (), ()))).to(device)
        batches = [collate(tokens, rows).to(device) for rows in (np.arange(len(TEXTS)), [1])]
        assert take_step(learner, batches, known, number=1).device.type == NAME
        model.eval()
        with torch.no_grad():
            assert learner.forward(batches[0]).device.type == NAME
        assert {moment.device.type for moment in moments_of(learner)} == {NAME}


def put_on_device(model: TextModel) -> None:
    """Every parameter and buffer as a pretended one; `Module.to` cannot, which swaps their data."""
    made: dict[int, Tensor] = {}
    for module in model.modules():
        holders: tuple[dict[str, Any], ...] = (module._parameters, module._buffers)
        for held in holders:
            for name, value in held.items():
                if value is None:
                    continue
                if id(value) not in made:
                    there = torch.empty(value.shape, dtype=value.dtype, device=NAME)
                    is_learned = isinstance(value, nn.Parameter)
                    made[id(value)] = (
                        nn.Parameter(there, value.requires_grad) if is_learned else there
                    )
                held[name] = made[id(value)]


def moments_of(learner: Learner) -> list[Tensor]:
    """What the optimizer remembers of the gradients."""
    return [state["exp_avg"] for state in learner.optimizer.state.values()]


def waited_for() -> None:
    """What must be found, too: a value that is copied to be read."""
    with Pretending():
        torch.ones(2, device=NAME).sum().cpu().item()


def left_behind() -> None:
    """What must be found: a batch that stayed on the CPU."""
    with Pretending():
        nn.Linear(2, 2, device=NAME)(torch.ones(1, 2))


def told(attempt: Callable[[], None]) -> str:
    """What an attempt raised; nothing is ""."""
    try:
        attempt()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return f"{type(error).__name__}: {str(error)[:500]}"
    return ""


def faults() -> dict[str, str]:
    """What was wrong, by case; "" where nothing was."""
    registration._setup_privateuseone_for_python_backend(NAME, Backend())
    cases: list[tuple[str, str, dict[str, Any]]] = [
        (f"family {family}", family, {}) for family in FAMILIES
    ]
    for kind, changes in (("craft", CRAFTS), ("class", CLASSIFIERS), ("frozen", FROZEN.values())):
        cases += [(f"{kind} {changed}", "bert", changed) for changed in changes]
    found = {"left behind": told(left_behind), "waited for": told(waited_for)}
    with tempfile.TemporaryDirectory() as root:
        for name, family, changed in cases:
            folder = Path(root) / family
            if not folder.exists():
                make_tiny_family(folder, family)
            attempt = partial(
                step_on_device, folder, changed,
                classify=name.startswith("class "), freeze=name.startswith("frozen "),
            )  # fmt: skip
            found[name] = told(attempt)
    return found


if __name__ == "__main__":
    json.dump(faults(), sys.stdout)
