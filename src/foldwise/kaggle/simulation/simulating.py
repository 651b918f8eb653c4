"""All chosen cases, one after the other, each in a folder that is removed after it."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load
from foldwise.errors import UsageError
from foldwise.kaggle.simulation.case_rows import rows_of_case
from foldwise.kaggle.simulation.cases import Case
from foldwise.kaggle.simulation.executing import Stage, TrainedHere
from foldwise.kaggle.simulation.inference_case import Predict, play_inference
from foldwise.kaggle.simulation.isolation import Heard, Isolation
from foldwise.kaggle.simulation.kernel_folder import KernelFolder
from foldwise.kaggle.simulation.time_left import TimeLeft
from foldwise.kaggle.simulation.training_case import play_training
from foldwise.kaggle.simulation.verdict import Verdict
from foldwise.paths import Project
from foldwise.training.run_scores import read_scores

OF_THE_PROJECT = ("src", "input", "folds", "experiments", "runs", "submissions", "kernels")


@dataclass(frozen=True)
class Progress:
    """How far a simulation is.

    Attributes:
        case: being simulated; the first of `cases` has `number` 1.
        cell: being run, of `cells`; `title` is its first line.
        seconds_left: until all cases are done; None while that is not known.
    """

    case: Case
    number: int
    cases: int
    cell: int
    cells: int
    title: str
    seconds_left: float | None


Tell = Callable[[Progress], None]


def make_stage(
    project: Project, kernel: KernelFolder, isolation: Isolation, seconds: float
) -> Stage:
    """What all sessions of a simulation of `kernel` share.

    Raises:
        UsageError: the competition is not in the project, or the run that predicts.
        DataError: the competition's files are wrong.
    """
    loaded = load(load_competition(project.competition(kernel.package.competition)))
    package = Path(__file__).parents[2]
    hidden = [str(project.root.resolve() / name) for name in OF_THE_PROJECT]
    trained = _trained_here(project, kernel)
    return Stage(kernel, loaded, isolation, seconds, (*hidden, str(package)), trained)


def _trained_here(project: Project, kernel: KernelFolder) -> TrainedHere | None:
    """The run that the kernel was built from; None where it need not be here, and is not.

    Raises:
        UsageError: a kernel is to predict what a run does that is not here.
    """
    run = project.run(kernel.package.run)
    oof = run / "oof.csv"
    if oof.is_file():
        return TrainedHere(oof, read_scores(run).seconds)
    if kernel.training or kernel.halved:
        return None
    raise UsageError(
        f"a kernel is compared with the run it was built from, but {oof} does not exist; "
        f"finish the run {kernel.package.run!r} here, or build the kernel from another"
    )


def simulate(stage: Stage, cases: Sequence[Case], predict: Predict, tell: Tell) -> list[Verdict]:
    """The verdict of each case; executed notebooks are kept in the kernel's folder.

    Args:
        stage: what the cases share.
        cases: in order.
        predict: what the kernel's values must be equal to.
        tell: is told how far it is.
    """
    loaded, verdicts = stage.loaded, []
    rows = [rows_of_case(x.test, loaded.train, loaded.test, loaded.sample.ids) for x in cases]
    clock = TimeLeft([len(found.ids) for found in rows])
    with tempfile.TemporaryDirectory(prefix="foldwise-kernel-") as made:
        folder = Path(made).resolve()
        for i, case in enumerate(cases):
            heard = _teller(tell, case, (i + 1, len(cases)), clock)
            if case.ending == "resumed":
                verdicts.append(play_training(stage, case, rows[i], folder, heard))
            else:
                verdicts.append(play_inference(stage, case, rows[i], folder, heard, predict))
            clock.ended(i)
    return verdicts


def _teller(tell: Tell, case: Case, place: tuple[int, int], clock: TimeLeft) -> Heard:
    def heard(event: dict[str, Any]) -> None:
        cell, cells, title = int(event["cell"]), int(event["cells"]), str(event["title"])
        tell(Progress(case, *place, cell, cells, title, clock.seconds()))

    return heard
