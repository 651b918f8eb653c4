"""The runs of a project: finished, unfinished, and those whose files are damaged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foldwise.errors import Complaints, FoldwiseError, UsageError, did_you_mean
from foldwise.paths import Project
from foldwise.pipeline.ablation_names import is_result, is_run_of_ablation
from foldwise.pipeline.range_names import is_range_test
from foldwise.pipeline.seed_names import is_part_of_average
from foldwise.training.fold_result import RESULT
from foldwise.training.run_scores import RunScores, is_finished, read_scores
from foldwise.tuning.names import is_study, is_trial


@dataclass(frozen=True)
class RunList:
    """All runs by name.

    Attributes:
        finished: with their scores.
        unfinished: with the numbers of their finished folds.
        damaged: with what is wrong with them.
        hidden: runs of ablations and studies, and those of single seeds whose average is here,
            where they were not asked for.
    """

    finished: dict[str, RunScores]
    unfinished: dict[str, list[int]]
    damaged: dict[str, str]
    hidden: list[str] = field(default_factory=list)

    def by_competition(self) -> dict[str, dict[str, RunScores]]:
        """The finished runs, by competition and name."""
        groups: dict[str, dict[str, RunScores]] = {}
        for name, scores in self.finished.items():
            groups.setdefault(scores.competition, {})[name] = scores
        return groups


def list_runs(project: Project, *, parts: bool = True) -> RunList:
    """All runs of the project; a damaged one does not hide the others.

    Args:
        project: where.
        parts: whether the runs of ablations and studies, and of single seeds of an average, are
            among them.
    """
    found = RunList({}, {}, {})
    for folder in run_folders(project):
        if not parts and (_is_one_of_many(folder.name) or is_part_of_average(folder)):
            found.hidden.append(folder.name)
            continue
        if not is_finished(folder):
            found.unfinished[folder.name] = finished_folds(folder)
            continue
        try:
            found.finished[folder.name] = read_scores(folder)
        except FoldwiseError as error:
            found.damaged[folder.name] = str(error)
    return found


def _is_one_of_many(name: str) -> bool:
    """Whether an ablation or a study trained the run."""
    return is_run_of_ablation(name) or is_trial(name)


def kind_of_part(name: str) -> str:
    """What a hidden run is part of: "of ablations", "of studies" or "of single seeds"."""
    if is_run_of_ablation(name):
        return "of ablations"
    return "of studies" if is_trial(name) else "of single seeds"


def run_folders(project: Project) -> list[Path]:
    """The folders in `runs/` that hold a run; those set aside are hidden, and so is a lock."""
    folders = [path for path in sorted(project.root.glob("runs/[!.]*")) if path.is_dir()]
    results = [p for p in folders if is_result(p) or is_range_test(p) or is_study(p)]
    return [path for path in folders if any(path.glob("[!.]*")) and path not in results]


def finished_folds(folder: Path) -> list[int]:
    """The numbers of the folds that have a result."""
    names = [path.parent.name for path in folder.glob(f"fold-*/{RESULT}")]
    return sorted(int(number) for name in names if (number := name[len("fold-") :]).isdigit())


def check_exist(project: Project, names: Sequence[str]) -> None:
    """Check that there are runs with these names, finished or not.

    Raises:
        UsageError: there are not; names the nearest.
    """
    known = [folder.name for folder in run_folders(project)]
    usual = [name for name in known if not _is_one_of_many(name)]
    complaints = Complaints()
    for name in names:
        if name not in known:
            complaints.add(
                f"no run {name!r} in {project.root / 'runs'}; {did_you_mean(name, usual)}"
            )
    complaints.raise_if_any(UsageError)
