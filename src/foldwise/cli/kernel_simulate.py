"""`foldwise kernel simulate DIR`."""

import time
from argparse import Namespace
from pathlib import Path

from foldwise.cli.output import Output
from foldwise.cli.simulation_progress import shown_simulation
from foldwise.errors import FoldFailed, UsageError, counted
from foldwise.kaggle.simulation.cases import chosen_cases
from foldwise.kaggle.simulation.isolation import DESCRIBED, Isolation, isolation_here
from foldwise.kaggle.simulation.kernel_folder import read_kernel_folder
from foldwise.kaggle.simulation.packages import check_packages
from foldwise.kaggle.simulation.record import COLUMNS, Simulation, write_record
from foldwise.kaggle.simulation.reference import reference_of
from foldwise.kaggle.simulation.simulating import make_stage, simulate
from foldwise.paths import find_project


def run(options: Namespace, output: Output) -> int:
    """Run the built kernel as Kaggle would, case by case; 0, or a failed fold's exit code."""
    check_packages()
    kernel = read_kernel_folder(Path(options.folder))
    cases = chosen_cases(options.case, training=kernel.training)
    isolation = isolation_of(options.isolation)
    project = find_project()
    stage = make_stage(project, kernel, isolation, options.limit)
    output.say(
        f"simulating {kernel.slug}: {counted(len(cases), 'case')}, isolated by "
        f"{DESCRIBED[isolation]}"
    )
    if kernel.halved:
        output.say("its weights are float16: compared with predictions of the package, not the run")
    if kernel.training and stage.trained is None:
        output.say(
            f"the run {kernel.package.run!r} was not finished here: its OOF is not compared, only "
            f"cutting and resuming are tried"
        )
    began = time.monotonic()
    with reference_of(project, kernel) as predict, shown_simulation(output) as tell:
        verdicts = simulate(stage, cases, predict, tell)
    simulation = Simulation(kernel, isolation, verdicts, time.monotonic() - began)
    folder = write_record(simulation)
    show(simulation, output)
    output.say(f"executed notebooks and the verdicts are in {folder}")
    output.result(simulation.as_json())
    return 0 if simulation.passed else FoldFailed.exit_code


def isolation_of(chosen: str) -> Isolation:
    """What was chosen, or the strongest there is.

    Raises:
        UsageError: this machine or this user has no namespaces.
    """
    here = isolation_here()
    if chosen == "namespaces" and here != "namespaces":
        raise UsageError(
            "namespaces need root and the program unshare (of util-linux), got a user without; "
            "leave --isolation out: a folder then stands for /kaggle"
        )
    return "folder" if chosen == "folder" else here


def show(simulation: Simulation, output: Output) -> None:
    """The verdicts as a table, and what does not hold in sentences."""
    output.table(f"{simulation.kernel.slug}, simulated", COLUMNS, simulation.rows())
    output.lines([*simulation.failures(), simulation.headline])
