"""What is to be predicted: each fold of each trained run, every run's first fold first."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foldwise.ensembling.record import is_ensemble, members_below
from foldwise.paths import Project
from foldwise.settings import load_experiment
from foldwise.training.run_scores import read_scores

CHARACTERS_A_TOKEN = 4  # of English, roughly: only the order of jobs depends on it
SPECIAL_TOKENS = 2
WEIGHTS = "*.safetensors"


@dataclass(frozen=True)
class Job:
    """One fold's model of one trained run, for all test rows.

    Attributes:
        cost: its expected time, in a unit of its own: bytes of weights times tokens.
    """

    run: str
    fold: int
    cost: float

    @property
    def key(self) -> tuple[str, int]:
        """What names the job."""
        return self.run, self.fold


def trained_runs(project: Project, run: str) -> list[str]:
    """The runs with models of their own below `run`, each once; `run` itself if it is one."""
    below = dict.fromkeys([run, *members_below(project, run)])
    return [name for name in below if not is_ensemble(project.run(name))]


def plan_jobs(project: Project, run: str, texts: Sequence[tuple[str, ...]]) -> list[Job]:
    """All jobs, fold by fold: if the time is too short, every run has predicted with some.

    Within a fold the longest comes first: two processes end about together then.
    Graham, Bounds on multiprocessing timing anomalies (1969): https://doi.org/10.1137/0117039
    """
    jobs = []
    for name in trained_runs(project, run):
        folder = project.run(name)
        settings = load_experiment(folder / "settings.toml")
        longest = settings.encoder.max_length if settings.kind == "encoder" else None
        tokens = _tokens(texts, longest)
        for fold in range(len(read_scores(folder).looks)):
            cost = float(_weight(folder / f"fold-{fold}") * tokens)
            # an n-gram is looked up, not multiplied with every weight
            jobs.append(Job(name, fold, cost if settings.kind == "encoder" else cost / 1000))
    return sorted(jobs, key=lambda job: (job.fold, -job.cost, job.run))


def _tokens(texts: Sequence[tuple[str, ...]], longest: int | None) -> int:
    """About how many tokens the texts have, when each is cut to `longest`."""
    counts = (sum(map(len, text)) // CHARACTERS_A_TOKEN + SPECIAL_TOKENS for text in texts)
    return sum(count if longest is None else min(count, longest) for count in counts)


def _weight(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob(WEIGHTS))
