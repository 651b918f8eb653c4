"""To Kaggle: the dataset first, then the notebook that it is attached to."""

import json
import math
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Literal

from foldwise.competition.sources.running_kaggle import (
    FORBIDDEN,
    NO_PROGRAM,
    OF_EVERY_CALL,
    RULES,
    UNKNOWN,
    Called,
    call_kaggle,
    has_program,
)
from foldwise.errors import Complaints, DataError, FoldwiseError, UsageError
from foldwise.kaggle.building.kernel import Say
from foldwise.kaggle.metadata import (
    DATASET,
    DATASET_FOLDER,
    KERNEL_FOLDER,
    check_built,
    check_dataset,
    check_kernel,
)
from foldwise.kaggle.package import FILE as MANIFEST
from foldwise.kaggle.package import Package, faults_in, read_package
from foldwise.kaggle.upload_record import FILE as UPLOADS
from foldwise.kaggle.upload_record import UploadRecord, read_uploads, write_uploads
from foldwise.storage import read_json, sha256_of_file

UPLOAD_SECONDS = 4 * 3600
READY_SECONDS = 1800.0  # for Kaggle to process what was uploaded
POLL_SECONDS = 10.0
FAULT_SECONDS = 60.0  # for Kaggle to know of a new dataset, and for a network to come back
READY = "ready"
NOTE = "built by foldwise"  # of a new version of the dataset
TAKEN = "already in use"  # of the dataset's name: it was made from another folder or machine
# What the program says of an upload that it has begun; it reports some refusals with exit code 0.
DONE = {"datasets": "being created", "kernels": "successfully pushed"}
# It names the sources that it left out of a notebook, and pushes the notebook without them.
LEFT_OUT = re.compile(r"not valid (\w+) sources", re.I)
GONE = f"\n  If the dataset was deleted on Kaggle, remove {UPLOADS} in the kernel's folder"
STOP_IT = "stop it on Kaggle, wait until the session before has ended"
NOT_ATTACHED = f"; without its own output this session begins anew: {STOP_IT}"
# A push that Kaggle took may have failed here, or its record may be lost.
NO_OUTPUT = (
    "Kaggle attached no earlier output of this notebook, as is right for its first session; if it "
    f"had one before, this session begins anew: {STOP_IT}, then run the same command again"
)


@dataclass(frozen=True)
class Pushed:
    """What was uploaded.

    Attributes:
        commands: in words for a shell, in their order; not one was run after a mere check, and
            none is for a dataset that is there already.
        url: of the notebook.
        said: what the program said, command by command; empty after a check.
        note: what its reader is to judge; empty: nothing.
    """

    commands: tuple[str, ...]
    url: str
    said: tuple[str, ...]
    note: str = ""


def push_kernel(folder: Path, say: Say, *, check_only: bool = False) -> Pushed:
    """Upload what `foldwise kernel build` wrote into `folder`, after every check.

    A dataset that is on Kaggle as it is here is not uploaded again: a training's next session is
    a new version of its notebook alone.

    Args:
        folder: with `kernel/` and `dataset/`.
        say: is told what is being done, once all checks are passed.
        check_only: stop before the first upload.

    Raises:
        UsageError: no kernel was built into `folder`; or the program is not there, with the
            commands to run by hand.
        DataError: the metadata would be refused, or a file is not as it was built; or the program
            failed, with those commands; or Kaggle does not know the dataset, or has not processed
            it in half an hour.
        StorageError: the package's manifest, or the record of earlier uploads, is damaged.
    """
    kernel, package = checked_kernel(folder)
    plan = _planned(folder, str(kernel["id"]))
    if check_only:
        return Pushed(plan.shown(), plan.url, ())
    if not has_program():
        raise UsageError(
            f"everything agrees, but nothing was uploaded, since {NO_PROGRAM}\n"
            f"{_by_hand(plan.shown())}"
        )
    said = [_uploaded(folder, plan, package.slug, say)] if plan.upload else []
    heard = monotonic() if said else -math.inf
    if not said:
        say("the dataset is on Kaggle as it is here, and is not uploaded again")
    say("waiting until the dataset is ready, then pushing the notebook")
    _raise_if(_never_ready(plan.status, package.slug, heard), plan.shown("status"))
    pushed = _called(plan.push, package.slug)
    _raise_if(_fault("kernels", pushed, first=plan.first), plan.shown("push"))
    write_uploads(folder, replace(plan.record, url=plan.url))
    note = NO_OUTPUT if _lacks_own_output(pushed.said) else ""
    return Pushed(plan.shown(), plan.url, (*said, pushed.said.strip()), note)


@dataclass(frozen=True)
class _Plan:
    """The commands of a push, and what there is to be remembered of it.

    Attributes:
        upload: of the dataset; empty: it is there as it is here.
        status, push: of the dataset; of the notebook.
        record: once the dataset is uploaded.
        url: of the notebook.
        first: whether the notebook was never pushed.
    """

    upload: list[str]
    status: list[str]
    push: list[str]
    record: UploadRecord
    url: str
    first: bool

    def shown(self, beginning: Literal["upload", "status", "push"] = "upload") -> tuple[str, ...]:
        """The commands from one on, in words for a shell."""
        of = {"upload": self.upload, "status": self.status, "push": self.push}
        commands = list(of.values())[list(of).index(beginning) :]
        return tuple(shlex.join(["kaggle", *command]) for command in commands if command)


def _planned(folder: Path, kernel: str) -> _Plan:
    """What is to be done for the kernel with this id, given what was uploaded before."""
    dataset, before = folder / DATASET_FOLDER, read_uploads(folder)
    name = str(read_json(dataset / DATASET)["id"])
    url = f"https://www.kaggle.com/code/{kernel}"
    first = before.url != url
    record = UploadRecord(name, sha256_of_file(dataset / MANIFEST), "" if first else url)
    upload = _version(dataset) if before.dataset == name else _create(dataset)
    return _Plan(
        [] if (before.dataset, before.sha256) == (name, record.sha256) else upload,
        ["datasets", "status", name],
        ["kernels", "push", "-p", str(folder / KERNEL_FOLDER)],
        record,
        url,
        first,
    )


def _uploaded(folder: Path, plan: _Plan, slug: str, say: Say) -> str:
    """What the program said to the dataset, which is remembered from then on."""
    say("uploading the dataset: this may take minutes")
    called = _called(plan.upload, slug)
    if TAKEN in called.said.lower():
        called = _called(_version(folder / DATASET_FOLDER), slug)
    _raise_if(_fault("datasets", called), plan.shown())
    # the next push is of a new version, whatever becomes of the notebook
    write_uploads(folder, plan.record)
    return called.said.strip()


def _raise_if(fault: str, commands: tuple[str, ...]) -> None:
    """Raise what the first of `commands` failed by; the others are yet to be run."""
    if fault:
        raise DataError(f"'{commands[0]}' did not succeed: {fault}\n{_by_hand(commands)}")


def _never_ready(status: list[str], slug: str, heard: float) -> str:
    """Why the dataset cannot be attached yet; empty as soon as Kaggle has processed it.

    A notebook that is pushed before would start on an older version, or on none. A fault may pass
    where Kaggle was `heard` from a moment ago; else waiting does not mend it.
    """
    ends = monotonic() + READY_SECONDS
    while True:
        called = _called(status, slug)
        now = monotonic()
        if called.fault and now >= heard + FAULT_SECONDS:
            return f"{called.fault}{GONE if UNKNOWN.search(called.said) else ''}"
        if not called.fault:
            if READY in [line.strip().lower() for line in called.said.splitlines()]:
                return ""
            heard = now
        if now >= ends:
            said = called.fault or f"it said: {json.dumps(called.said.strip() or 'nothing')}"
            return f"the dataset is not ready after {READY_SECONDS / 60:.0f} minutes: {said}"
        sleep(POLL_SECONDS)


def checked_kernel(folder: Path) -> tuple[dict[str, object], Package]:
    """The kernel's metadata and its package, after every check of both.

    Raises:
        UsageError: no kernel was built into `folder`.
        DataError: all that is wrong at once.
        StorageError: the package's manifest is damaged.
    """
    check_built(folder)
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


def _fault(kind: str, called: Called, *, first: bool = False) -> str:
    """Why nothing was uploaded, or a notebook without all its sources; empty: all is there.

    A training's notebook is among its own sources. It has no output before its `first` push, which
    goes on with a note; without it a later session would begin anew.
    """
    if called.fault:
        return called.fault
    for line in called.said.splitlines():
        own = _lacks_own_output(line)
        if LEFT_OUT.search(line) and not (own and first):
            advice = NOT_ATTACHED if own else ""
            return f"it said: {json.dumps(line.strip())}{advice}"
    if DONE[kind] not in called.said.lower():
        note = f"; {NO_OUTPUT}" if _lacks_own_output(called.said) else ""
        return f"it said: {json.dumps(called.said.strip() or 'nothing')}{note}"
    return ""


def _lacks_own_output(said: str) -> bool:
    """Whether the program says that it left the notebook's own output out of its sources."""
    return any(left_out[1].lower() == "kernel" for left_out in LEFT_OUT.finditer(said))


def _by_hand(commands: tuple[str, ...]) -> str:
    lines = "".join(f"\n    {command}" for command in commands)
    return f"  Then run the same command again; or run by hand:{lines}"
