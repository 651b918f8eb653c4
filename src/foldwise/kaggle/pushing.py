"""To Kaggle: the dataset first, then the notebook that it is attached to."""

import json
import re
import shlex
import time
from dataclasses import dataclass
from pathlib import Path

from foldwise.competition.sources.running_kaggle import (
    FORBIDDEN,
    OF_EVERY_CALL,
    RULES,
    UNKNOWN,
    Called,
    call_kaggle,
)
from foldwise.errors import Complaints, DataError, FoldwiseError
from foldwise.kaggle.building.kernel import DATASET_FOLDER, KERNEL_FOLDER, PUSHED
from foldwise.kaggle.metadata import DATASET, check_dataset, check_kernel
from foldwise.kaggle.package import Package, faults_in, read_package
from foldwise.storage import read_json, write_json

UPLOAD_SECONDS = 4 * 3600
READY_SECONDS = 1800.0  # for Kaggle to process what was uploaded
POLL_SECONDS = 10.0
READY = "ready"
NOTE = "built by foldwise"  # of a new version of the dataset
TAKEN = "already in use"  # of the dataset's name: it was made from another folder or machine
# What the program says of an upload that it has begun; it reports some refusals with exit code 0.
DONE = {"datasets": "being created", "kernels": "successfully pushed"}
# It names the sources that it left out of a notebook, and pushes the notebook without them.
LEFT_OUT = re.compile(r"not valid (\w+) sources", re.I)


@dataclass(frozen=True)
class Pushed:
    """What was uploaded.

    Attributes:
        commands: in words for a shell, in their order; not one was run after a mere check.
        url: of the notebook.
        said: what the program said, command by command; empty after a check.
    """

    commands: tuple[str, ...]
    url: str
    said: tuple[str, ...]


def push_kernel(folder: Path, *, check_only: bool = False) -> Pushed:
    """Upload what `foldwise kernel build` wrote into `folder`, after every check.

    Args:
        folder: with `kernel/` and `dataset/`.
        check_only: stop before the first upload.

    Raises:
        DataError: the metadata would be refused, or a file is not as it was built; or the program
            is not there or failed, with the commands to run by hand; or the dataset is not ready in
            half an hour.
        StorageError: the package's manifest is damaged.
    """
    kernel, package = checked_kernel(folder)
    dataset = folder / DATASET_FOLDER
    first = not (folder / PUSHED).is_file()
    upload = _create(dataset) if first else _version(dataset)
    status = ["datasets", "status", _id_of(dataset)]
    push = ["kernels", "push", "-p", str(folder / KERNEL_FOLDER)]
    shown = tuple(shlex.join(["kaggle", *command]) for command in (upload, status, push))
    url = f"https://www.kaggle.com/code/{kernel['id']}"
    if check_only:
        return Pushed(shown, url, ())
    called = _called(upload, package.slug)
    if first and TAKEN in called.said.lower():
        called = _called(_version(dataset), package.slug)
    _raise_if(_fault("datasets", called), shown)
    # the next push is of a new version, whatever becomes of the notebook
    write_json(folder / PUSHED, {"dataset": dict(package.files), "url": url})
    _raise_if(_never_ready(status, package.slug), shown[1:])
    pushed = _called(push, package.slug)
    _raise_if(_fault("kernels", pushed), shown[2:])
    return Pushed(shown, url, (called.said.strip(), pushed.said.strip()))


def _raise_if(fault: str, commands: tuple[str, ...]) -> None:
    """Raise what the first of `commands` failed by; the others are yet to be run."""
    if fault:
        raise DataError(f"'{commands[0]}' did not succeed: {fault}\n{_by_hand(commands)}")


def _never_ready(status: list[str], slug: str) -> str:
    """Why the dataset cannot be attached yet; empty as soon as Kaggle has processed it.

    A notebook that is pushed before would start on an older version, or on none.
    """
    ends = time.monotonic() + READY_SECONDS
    while True:
        called = _called(status, slug)
        lines = [line.strip().lower() for line in called.said.splitlines()]
        if not called.fault and READY in lines:
            return ""
        if time.monotonic() >= ends:
            said = called.fault or f"it said: {json.dumps(called.said.strip() or 'nothing')}"
            return f"the dataset is not ready after {READY_SECONDS / 60:.0f} minutes: {said}"
        time.sleep(POLL_SECONDS)


def _id_of(dataset: Path) -> str:
    return str(read_json(dataset / DATASET)["id"])


def checked_kernel(folder: Path) -> tuple[dict[str, object], Package]:
    """The kernel's metadata and its package, after every check of both.

    Raises:
        DataError: all that is wrong at once.
        StorageError: the package's manifest is damaged.
    """
    complaints = Complaints()
    kernel: dict[str, object] = {}
    for check, part in ((check_kernel, KERNEL_FOLDER), (check_dataset, DATASET_FOLDER)):
        try:
            fields = check(folder / part)
        except FoldwiseError as error:
            complaints.extend(error.complaints)
        else:
            kernel = kernel or fields
    complaints.raise_if_any(DataError)
    package = read_package(folder / DATASET_FOLDER)
    complaints.extend(
        f"{fault}; build the kernel again" for fault in faults_in(folder / DATASET_FOLDER, package)
    )
    complaints.raise_if_any(DataError)
    return kernel, package


def _create(dataset: Path) -> list[str]:
    """A new dataset; its folders are kept, as archives that the server unpacks."""
    return ["datasets", "create", "-p", str(dataset), "-r", "zip"]


def _version(dataset: Path) -> list[str]:
    return ["datasets", "version", "-p", str(dataset), "-m", NOTE, "-r", "zip"]


def _called(command: list[str], slug: str) -> Called:
    """What the program says to an upload, for a competition that has a `slug` on Kaggle or none."""
    refused = "the token's user may not write there: build with --owner and the name of that user"
    if slug:
        refused += f"; or {RULES}"
    remedies = (
        *OF_EVERY_CALL,
        (FORBIDDEN, refused),
        (
            UNKNOWN,
            "what is uploaded to, or attached, does not exist: check the ids in the metadata",
        ),
    )
    return call_kaggle(command, UPLOAD_SECONDS, slug, remedies)


def _fault(kind: str, called: Called) -> str:
    """Why nothing was uploaded, or a notebook without all its sources; empty: all is there."""
    if called.fault:
        return called.fault
    for line in called.said.splitlines():
        left_out = LEFT_OUT.search(line)
        # a kernel that was never run has no output yet: its first push tells so, and goes on
        if left_out and left_out[1].lower() != "kernel":
            return f"it said: {json.dumps(line.strip())}"
    if DONE[kind] not in called.said.lower():
        return f"it said: {json.dumps(called.said.strip() or 'nothing')}"
    return ""


def _by_hand(commands: tuple[str, ...]) -> str:
    lines = "".join(f"\n    {command}" for command in commands)
    return f"  Then run the same command again; or run by hand:{lines}"
