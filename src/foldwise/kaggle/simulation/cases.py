"""The matrix: what is simulated, and what is expected of the kernel in each case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from foldwise.errors import UsageError, did_you_mean

Mounts = Literal["new", "old", "both"]
TestKind = Literal["public", "short", "hidden", "one row", "empty"]
Gpus = Literal["machine", "none", "two simulated"]
Damage = Literal["", "flipped byte", "missing file"]
Ending = Literal["complete", "safety net", "refused", "resumed"]

EXPECTED: dict[Ending, str] = {
    "complete": "predict's values",
    "safety net": "safety net, no error",
    "refused": "refuses, names file",
    "resumed": "cut, resumed, local OOF",
}


@dataclass(frozen=True)
class Case:
    """One simulated session on Kaggle, or two of a training kernel.

    Attributes:
        name: a word for `--case`, and of the executed notebook.
        does: the rest of the sentence "simulates ...".
        ending: what is expected.
        mounts: "new": competitions/SLUG, datasets/OWNER/SLUG; "old": SLUG at the top; "both":
            the same files at either.
        test: whose rows; "short": the first of the public test.
        rerun: whether the variable of the hidden-test run is set.
        budget: seconds told to the kernel; None: it keeps its own.
        gpus: what the kernel finds.
        damage: to the packed model files.
        written_into: a cell before the first one tries to write into every input folder.
    """

    name: str
    does: str
    ending: Ending = "complete"
    mounts: Mounts = "new"
    test: TestKind = "short"
    rerun: bool = False
    budget: float | None = None
    gpus: Gpus = "machine"
    damage: Damage = ""
    written_into: bool = False


INFERENCE = (
    Case("public", "the public test, new mounts", test="public"),
    Case("old-mounts", "the first rows of the public test, old mounts", mounts="old"),
    Case("both-mounts", "the same inputs at their new and their old mounts", mounts="both"),
    Case("hidden", "more rows, other ids and order, odd texts", test="hidden", rerun=True),
    Case("hidden-one-row", "a hidden test of one row", test="one row", rerun=True),
    Case("hidden-empty", "a hidden test without rows", test="empty", rerun=True),
    Case("expired", "one second of time", ending="safety net", test="hidden", rerun=True, budget=1),
    Case("corrupted", "one byte of a fold's weights flipped", "refused", damage="flipped byte"),
    Case("missing-file", "a fold's weights missing", "refused", damage="missing file"),
    Case("no-gpu", "no GPU", gpus="none"),
    Case("two-gpus", "two simulated GPUs", gpus="two simulated"),
    Case("written-into", "a cell that writes into the inputs", written_into=True),
)
TRAINING = (
    Case("resumed", "a session cut short by its limit, then others", "resumed", test="public"),
)
CASES = ", ".join(case.name for case in (*INFERENCE, *TRAINING))


def chosen_cases(names: Sequence[str], *, training: bool) -> tuple[Case, ...]:
    """The cases called `names`, in the matrix's order; all where none is named.

    Raises:
        UsageError: no case of this kind of kernel is called so.
    """
    known = {case.name: case for case in (TRAINING if training else INFERENCE)}
    for name in names:
        if name not in known:
            kind = "a training kernel" if training else "an inference kernel"
            raise UsageError(f"no case {name!r} of {kind}; {did_you_mean(name, known)}")
    return tuple(case for case in known.values() if not names or case.name in names)
