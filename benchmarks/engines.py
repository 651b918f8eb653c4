"""What an engine costs: the same job with local workers and on a Ray cluster of this machine.

`python benchmarks/engines.py [EXPERIMENT] [key=value ...]`, in a project. Every run is begun anew,
the engines take turns after one run that is not timed, and OOF files that differ are an error.
Each worker has one thread on either engine. Writes benchmarks/engines.md.
"""

import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from foldwise.engines.ray_engine import RayEngine
from foldwise.paths import Project, find_project
from foldwise.settings import Settings, load_experiment
from foldwise.storage import sha256_of_file, write_text
from foldwise.training.engine import Engine
from foldwise.training.hardware import usable_cores
from foldwise.training.local_engine import LocalEngine
from foldwise.training.run import RunRequest, train_run
from foldwise.training.stopping import StopRequest

ROUNDS = 2
WORKERS = 2
STORE_BYTES = 200 << 20
HEAD = """# What an engine costs

The same folds, trained by {workers} workers at a time: subprocesses of this machine, and actors of
a Ray {version} cluster of two nodes on it. `python benchmarks/engines.py {words}`,
{cores} cores, {machine}; each run is begun anew, the engines take turns. Seconds of the wall clock;
other programs ran beside it.

| round | engine | seconds | SHA-256 of `oof.csv` |
|---|---|---|---|
"""


def main(words: list[str]) -> None:
    """Take turns, and write the table."""
    project = find_project()
    experiment = project.experiment(words[0] if words else "movie-valence-minilm")
    chosen = load_experiment(experiment, [*words[1:], "hardware.threads=1"])
    began = time.monotonic()
    cluster = Cluster(initialize_head=True, head_node_args=_node())
    cluster.add_node(**_node())
    engines: dict[str, Engine] = {"local": LocalEngine(), "ray": RayEngine(cluster.address)}
    starting = time.monotonic() - began
    lines, seconds = [], {"local": [0.0] * ROUNDS, "ray": [0.0] * ROUNDS}
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(project, chosen, Path(folder))
        hashes = {_timed(copy, "warm-up", chosen, engines["local"])[1]}  # tokens are cached by it
        for number in range(ROUNDS):
            for name, engine in engines.items():
                seconds[name][number], sha256 = _timed(copy, f"{name}-{number}", chosen, engine)
                hashes.add(sha256)
                lines.append(
                    f"| {number + 1} | {name} | {seconds[name][number]:.1f} | `{sha256}` |"
                )
                print(lines[-1], flush=True)
    ray.shutdown()
    cluster.shutdown()
    if len(hashes) > 1:
        raise ValueError(f"every run must give the same OOF file, got {sorted(hashes)}")
    text = HEAD.format(
        workers=WORKERS,
        version=ray.__version__,
        words=" ".join(words),
        cores=usable_cores(),
        machine=platform.machine(),
    )
    more = min(seconds["ray"]) - min(seconds["local"])
    text += "\n".join(lines) + (
        f"\n\nThe fastest rounds differ by {more:+.1f} s, which is {more / 600:+.1%} of a run of "
        f"ten minutes. Starting the cluster took {starting:.0f} s more, once.\n"
    )
    write_text(Path(__file__).with_name("engines.md"), text)


def _node() -> dict[str, int]:
    return {"num_cpus": 1, "object_store_memory": STORE_BYTES}


def _copied(project: Project, chosen: Settings, root: Path) -> Project:
    name = chosen.competition
    shutil.copytree(project.competition(name), root / "input" / name)
    (root / "folds").mkdir()
    shutil.copy(project.folds(name), root / "folds")
    return Project(root)


def _timed(project: Project, name: str, chosen: Settings, engine: Engine) -> tuple[float, str]:
    """Seconds of a run, and the hash of its OOF."""
    began = time.monotonic()
    request = RunRequest(name, chosen, workers=WORKERS, engine=engine)
    state = train_run(project, request, StopRequest())
    return time.monotonic() - began, sha256_of_file(state.folder / "oof.csv")[:16]


if __name__ == "__main__":
    main(sys.argv[1:])
