"""`kernel-report.json`: what the submission is that lies beside it, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from foldwise.errors import counted
from foldwise.kaggle.session.session import Session
from foldwise.storage import read_record, sha256_of_file, write_json

FILE = "kernel-report.json"
State = Literal["complete", "partial", "safety-net", "failed"]
COMPLETE: State = "complete"
PARTIAL: State = "partial"
SAFETY_NET: State = "safety-net"
FAILED: State = "failed"


@dataclass(frozen=True)
class KernelReport:
    """What a kernel did.

    Attributes:
        package: its name.
        purpose: "infer" or "train".
        state: "complete"; "partial": from fewer folds than the score promises, or a training that
            is to go on; "safety-net": the submission is the prior, the same for every row;
            "failed": a fold of a training diverged or its disk was full, the others are saved.
        run: that predicts, or is trained.
        rerun: whether this was the run on the hidden test.
        seconds: since the notebook began.
        rows: of the submission; 0 of a training.
        members: the trained runs that predicted.
        folds: by run, the folds that predicted, or that have finished their training.
        folds_left: by run, those that did not.
        devices: what computed.
        submission: SHA-256 of `submission.csv`; empty where there is none.
        seconds_per_step: of a training, by each of its processes; None while unknown.
        resumed_from: of a training: by run, the output of an earlier session, below the inputs; a
            whole path: what this session's working folder held when its notebook was run again.
        sessions_left: how many more like this one a training takes; None while unknown.
        remarks: what its reader should know.
    """

    package: str
    purpose: str
    state: State
    run: str
    rerun: bool
    seconds: float
    rows: int = 0
    members: list[str] = field(default_factory=list)
    folds: dict[str, list[int]] = field(default_factory=dict)
    folds_left: dict[str, list[int]] = field(default_factory=dict)
    devices: list[str] = field(default_factory=list)
    submission: str = ""
    seconds_per_step: float | None = None
    resumed_from: dict[str, str] = field(default_factory=dict)
    sessions_left: int | None = None
    remarks: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The report for a person."""
        folds = sum(map(len, self.folds.values()))
        all_folds = folds + sum(map(len, self.folds_left.values()))
        of = "on the hidden test" if self.rerun else "on the public test"
        lines = [f"{self.state}: {self.run}, {self.seconds:,.0f} s, folds {folds} of {all_folds}"]
        if self.purpose == "infer":
            lines.append(f"{counted(self.rows, 'row')} {of}, SHA-256 {self.submission[:16]}...")
        if self.devices:
            lines.append(f"computed on {', '.join(self.devices)}")
        if self.seconds_per_step is not None:
            lines.append(f"{self.seconds_per_step:.3f} s an optimizer step")
        if self.sessions_left is not None:
            lines.append(
                f"{counted(self.sessions_left, 'session')} like this one "
                f"{'is' if self.sessions_left == 1 else 'are'} left"
            )
        if self.purpose == "train":
            lines += self._sessions()
        return [*lines, *(f"note: {remark}" for remark in self.remarks)]

    def _sessions(self) -> list[str]:
        """Which session a training went on from, and how the next one is started."""
        lines = [f"{run}: went on from {there}" for run, there in self.resumed_from.items()]
        lines = lines or ["first session: no earlier one's output is among the inputs"]
        if self.state == COMPLETE:
            return lines
        return [*lines, "next session: foldwise kernel push DIR, with the folder of this kernel"]


def write_report(session: Session, state: State, **facts: Any) -> KernelReport:
    """The report, written beside the submission it is about."""
    there = session.submission.is_file()
    report = KernelReport(
        package=session.package.name,
        purpose=session.package.purpose,
        state=state,
        run=session.package.run,
        rerun=session.rerun,
        seconds=round(session.seconds(), 1),
        submission=sha256_of_file(session.submission) if there else "",
        remarks=list(session.remarks),
        **facts,
    )
    write_json(session.working / FILE, asdict(report))
    return report


def read_report(folder: Path) -> KernelReport:
    """The report in `folder`.

    Raises:
        StorageError: it is damaged.
    """
    return read_record(folder / FILE, KernelReport)


def folds_by_run(pairs: Sequence[tuple[str, int]]) -> Mapping[str, list[int]]:
    """The folds of each run, ascending, from (run, fold) pairs."""
    runs: dict[str, list[int]] = {}
    for run, fold in sorted(pairs):
        runs.setdefault(run, []).append(fold)
    return runs
