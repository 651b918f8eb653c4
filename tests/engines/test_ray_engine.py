"""A cluster of two machines that share nothing but this one: each has its own raylet and store."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from foldwise.engines.node import Over
from foldwise.errors import FoldFailed, FoldwiseWarning, StorageError, UsageError
from foldwise.journal import Journal
from foldwise.paths import Project
from foldwise.settings import Hardware, Settings
from foldwise.training.engine import PYTHON, ROOT, Files, WorkerTask
from foldwise.training.local_engine import LocalEngine
from foldwise.training.progress import Progress
from foldwise.training.run import RunRequest, RunState, train_run
from foldwise.training.stopping import StopRequest
from tests.training.tiny_runs import results_of, tiny_project, tiny_settings
from tests.tuning.tiny_studies import study_of
from tests.tuning.tiny_studies import tiny_project as tiny_study

ray = pytest.importorskip("ray", reason="Ray is an extra: pip install 'foldwise[ray]'")

from ray.cluster_utils import Cluster  # noqa: E402
from ray.exceptions import RayActorError, RayError, RayTaskError  # noqa: E402

from foldwise.engines import ray_engine  # noqa: E402
from foldwise.engines.ray_engine import (  # noqa: E402
    AHEAD,
    LOST,
    STOPPED,
    THREADS,
    Parcels,
    RayEngine,
    RayProcess,
    _streamed,
)

CORE = Hardware(device="cpu", precision="fp32", threads=1)
STARTS = 4
NOTICES = 150.0  # seconds in which a driver learns of a lost machine, however busy the computer
STORE_BYTES = 80 << 20  # the least that Ray takes
TWO: dict[str, Any] = {
    "training": {"folds": 2, "epochs": 3.0, "checkpoint_seconds": 0.0, "batch_size": 4}
}


class Machines:
    """A cluster of a head, which the driver is on, and another machine; one core each."""

    def __init__(self) -> None:
        self._cluster = Cluster()
        self._began()
        self._other = self._began()
        self.engine = RayEngine(self._cluster.address)

    def _began(self) -> Any:
        """One machine more; Ray gives up after 30 s, which a busy computer may take."""
        for _ in range(STARTS):
            with suppress(Exception):  # Ray says no more than that in its type
                return self._cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
        pytest.fail(f"Ray did not start in {STARTS} attempts")

    def kill_the_other(self) -> None:
        """As if its power were cut."""
        self._cluster.remove_node(self._other, allow_graceful=False)

    def close(self) -> None:
        ray.shutdown()
        self._cluster.shutdown()


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    made = Machines()
    yield made
    made.close()


def test_more_workers_than_the_cluster_has_places_for_are_refused(machines: Machines) -> None:
    engine = machines.engine
    assert engine.places(CORE) == 2
    engine.check(CORE, 2)
    with pytest.raises(UsageError) as caught:
        engine.check(CORE, 3)
    assert str(caught.value) == (
        "each worker has 1 core of its own, but there are 2 for 3 workers; use --workers 2; the "
        "Ray cluster has 2 machines: 1 core and 0 GPUs, 1 core and 0 GPUs"
    )
    with pytest.raises(UsageError, match="a GPU of its own, but there are 0 for 1 worker;"):
        engine.check(Hardware(device="cuda", threads=1), 1)
    with pytest.raises(UsageError, match="no machine of the Ray cluster has a GPU"):
        engine.resolved(Hardware(device="cuda"), 5)
    with pytest.raises(UsageError, match=r"one process, but hardware\.processes is 2"):
        engine.resolved(Hardware(processes=2), 5)
    with pytest.raises(UsageError, match=r"one process, but hardware\.processes is 2"):
        engine.check(Hardware(device="cpu", threads=1, processes=2), 1)  # begun without Ray
    assert "2 machines" in (engine.gpu_fault() or "")


def test_a_client_of_a_cluster_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="which a Ray client cannot take: got --address ray://x"):
        RayEngine("ray://x:10001")


def test_the_cluster_s_hardware_is_the_run_s(machines: Machines) -> None:
    wanted = Hardware(precision="fp32")
    assert machines.engine.resolved(wanted, 2) == CORE


def test_the_trials_of_a_study_are_those_of_this_machine(
    machines: Machines, tmp_path: Path
) -> None:
    known = []
    for name, engine in (("local", LocalEngine()), ("ray", machines.engine)):
        project = tiny_study(tmp_path / name)
        ledger, _ = study_of(project, 3, workers=1, engine=engine, pruner="none")
        known.append([(t.values, t.outcome.state, t.outcome.score) for t in ledger.settled()])
        # what a worker wrote is here, wherever it worked; a fold was trained once
        for trial in ledger.settled():
            trained = project.run(trial.run) / "trained.txt"
            assert sorted(trained.read_text().split()) == ["0", "1", "2"]
    assert known[0] == known[1]
    assert len(known[0]) == 3


class Counting:
    """Yields numbers, and says how many it has."""

    def __init__(self) -> None:
        self._yielded = 0

    def run(self, count: int) -> Iterator[int]:
        for number in range(count):
            self._yielded += 1
            yield number

    def yielded(self) -> int:
        return self._yielded


def test_a_worker_sends_no_faster_than_the_driver_takes_and_hears_meanwhile(
    machines: Machines,
) -> None:
    assert machines.engine  # the driver belongs to the cluster
    actor = ray.remote(Counting).options(num_cpus=0, max_concurrency=THREADS).remote()
    stream = _streamed(actor.run, 3 * AHEAD)
    assert next(stream) == 0
    ahead = 0
    while ahead < AHEAD:  # it goes on to so many
        ahead = ray.get(actor.yielded.remote())
    time.sleep(0.2)  # and, with time for all of them, no further
    assert ray.get(actor.yielded.remote()) <= AHEAD + 1
    assert list(stream) == list(range(1, 3 * AHEAD))


class Scripted(RayProcess):
    """A worker without a cluster: what its machine does is told here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        monkeypatch.setattr(ray_engine, "_actor", lambda _hardware: None)
        monkeypatch.setattr(ray, "kill", lambda _actor: None)
        super().__init__(WorkerTask((), root), CORE, Parcels())
        self.told: list[str] = []
        self.while_placing: Callable[[], object] = lambda: None
        self.while_bringing: Callable[[], object] = lambda: None

    def _is_placed(self) -> bool:
        self.while_placing()
        return True

    def _bring(self, _files: Files) -> None:
        self.while_bringing()

    def _events(self) -> Iterator[Any]:
        yield Over(0)

    def _tell(self, method: str, *_arguments: Any) -> None:
        self.told.append(method)


def test_a_stop_that_is_asked_for_while_files_are_brought_reaches_the_worker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process = Scripted(monkeypatch, tmp_path)
    process.while_bringing = process.stop
    assert list(process.messages()) == []
    assert process.told == ["stop"]


def test_what_cannot_be_brought_is_told_unless_the_worker_has_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process = Scripted(monkeypatch, tmp_path)
    assert list(process.messages()) == []

    def full() -> None:
        raise RayTaskError("keep_pieces", "its frames", StorageError("the disk there is full"))

    process.while_bringing = full
    process.bring(Files())  # it has ended
    process._over.clear()
    with pytest.raises(StorageError, match=r"^the disk there is full$"):
        process.bring(Files())


def test_a_worker_that_waits_for_a_machine_has_none_and_leaves_when_it_is_told_to(
    machines: Machines, tmp_path: Path
) -> None:
    large = Hardware(device="cpu", precision="fp32", threads=2)  # no machine has so many cores
    process = machines.engine.start(WorkerTask((), tmp_path), 0, large)
    threading.Timer(0.2, process.stop).start()
    assert list(process.messages()) == []
    assert (process.has_machine, process.exit_code()) == (False, STOPPED)


def test_a_worker_has_ended_also_where_its_actor_cannot_be_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process = Scripted(monkeypatch, tmp_path)

    def gone(_actor: object) -> None:
        raise RuntimeError("Ray has not been started yet")

    monkeypatch.setattr(ray, "kill", gone)
    assert list(process.messages()) == []
    assert process.exit_code() == 0


def test_an_actor_that_cannot_be_made_is_told_as_such_and_a_lost_machine_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process = Scripted(monkeypatch, tmp_path)

    def fail(error: RayError) -> None:
        raise error

    process.while_placing = lambda: fail(RayError("no module named 'foldwise'\nframes"))
    with pytest.raises(FoldFailed) as caught:
        list(process.messages())
    assert str(caught.value) == (
        "a worker could not begin on the Ray cluster: no module named 'foldwise'; install the same "
        "foldwise on its machines, and the same command goes on"
    )
    monkeypatch.setattr(ray_engine, "PATIENCE", 0.0)
    for when in ("while_placing", "while_bringing"):
        process = Scripted(monkeypatch, tmp_path)
        setattr(process, when, lambda: fail(RayActorError()))
        assert list(process.messages()) == []
        assert process.exit_code() == LOST


@pytest.mark.parametrize("when", ["while_placing", "while_bringing"])
def test_a_machine_that_is_lost_before_the_work_begins_is_no_death_of_the_worker(
    when: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process = Scripted(monkeypatch, tmp_path)
    lost = [RayActorError(), RayActorError()]

    def fail_twice() -> None:
        if lost:
            raise lost.pop()

    setattr(process, when, fail_twice)
    assert list(process.messages()) == []
    assert (process.exit_code(), lost) == (0, [])


class Cutter:
    """Cuts the other machine's power once both folds have a checkpoint of so many steps here.

    Ray's processes outlive their machine's raylet by a second, in which a tiny fold would be
    trained to its end: nobody goes on before the driver knows that a worker has died.
    """

    def __init__(self, machines: Machines, run: Path, step: int, go_on: Path) -> None:
        self._machines, self._run, self._step, self._go_on = machines, run, step, go_on
        self._one_at_a_time = threading.Lock()
        self.has_cut = False

    def __call__(self, _progress: Progress) -> None:
        with self._one_at_a_time:
            if not self.has_cut and self._is_here(0) and self._is_here(1):
                self.has_cut = True
                self._machines.kill_the_other()
                threading.Thread(target=self._let_them_go_on, daemon=True).start()

    def _is_here(self, fold: int) -> bool:
        arrived = (self._run / f"fold-{fold}").glob("ckpt-????????")
        return any(int(checkpoint.name[5:]) >= self._step for checkpoint in arrived)

    def _let_them_go_on(self) -> None:
        journal, until = Journal(self._run / "journal.jsonl"), time.monotonic() + NOTICES
        while not list(journal.events("worker died")) and time.monotonic() < until:
            time.sleep(0.02)
        self._go_on.touch()


def cut_in_the_middle(
    machines: Machines, project: Project, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> RunState:
    """A run of two folds, one of whose machines is lost while both are after step 6."""
    go_on = project.root / "go-on"
    pausing = (PYTHON, str(Path(__file__).with_name("pausing_worker.py")), str(go_on), "7", ROOT)
    monkeypatch.setattr("foldwise.training.workers.COMMAND", pausing)
    cutter = Cutter(machines, project.run("ray"), 6, go_on)
    request = RunRequest("ray", settings, workers=2, engine=machines.engine)
    state = train_run(project, request, StopRequest(), cutter)
    assert cutter.has_cut, "two folds never learned at the same time"
    return state


def test_a_machine_that_is_lost_in_the_middle_costs_nothing_that_had_arrived(
    machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project: Project = tiny_project(tmp_path)
    settings = tiny_settings(project, **TWO)
    train_run(project, RunRequest("local", settings, workers=1), StopRequest())

    with pytest.warns(FoldwiseWarning, match="died .* another one goes on from its newest"):
        state = cut_in_the_middle(machines, project, settings, monkeypatch)

    assert (state.missing, state.trained) == ((), 2)
    (died,) = Journal(state.folder / "journal.jsonl").events("worker died")
    journals = [Journal(state.folder / f"fold-{k}" / "journal.jsonl") for k in range(2)]
    resumed = {k: [e["step"] for e in journals[k].events("resumed")] for k in range(2)}
    # its fold went on from what had arrived, on the machine that was left; the other was left alone
    assert len(resumed[died["fold"]]) == 1
    assert resumed[died["fold"]][0] >= 6
    assert resumed[1 - died["fold"]] == []
    assert results_of(state.folder) == results_of(project.run("local"))
    left = [path for path in state.folder.rglob("*") if path.suffix == ".tmp"]
    assert left == []
    assert list(state.folder.glob("fold-*/ckpt-*")) == []
