"""What an ablation found: each variant beside the base, on the same rows, folds and seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from foldwise.comparing.paired import Difference
from foldwise.comparing.verdicts import Verdict, Visible, verdicts, visible_from
from foldwise.competition.metrics import Metric

State = Literal["compared", "unfinished", "failed"]


@dataclass(frozen=True)
class Trained:
    """The runs of one variant, or of the base, over the seeds that have finished.

    Attributes:
        runs: names of run folders, by seed.
        scores: by seed, of all rows compared.
        score: their mean.
        seconds: of training, all folds together, the mean over seeds.
        peak_memory: bytes, the most of any fold; None where the runs do not record it.
        looks: the most at any fold; see `RunScores.looks`.
    """

    runs: dict[int, str]
    scores: dict[int, float]
    score: float
    seconds: float
    peak_memory: int | None
    looks: int


@dataclass(frozen=True)
class VariantResult:
    """One variant.

    Attributes:
        name: as asked for.
        settings: by dotted name, those in which it differs from the base.
        state: "failed" where a fold of any seed failed: what the other seeds would show is a
            choice of the lucky ones.
        reason: why it failed, or what is still to train.
        trained: of the seeds that the base has too; None where there is none.
        difference: from the base, variant minus base; None where there is none.
        verdict: the difference in words.
    """

    name: str
    settings: dict[str, Any]
    state: State
    reason: str = ""
    trained: Trained | None = None
    difference: Difference | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Ablation:
    """An experiment and its variants, better ones first.

    Attributes:
        name: of its folder in `runs/`.
        experiment: the base's name.
        overrides: `key=value` in which the base is not as in its file.
        folds: those that were trained.
        seeds: those asked for.
        rows: how many were compared.
        base: None where time was up before one seed of it had finished.
        visible: the size from which a difference would have been more than noise; None where
            nothing is known about the noise.
    """

    name: str
    experiment: str
    overrides: list[str]
    competition: str
    metric: str
    greater_is_better: bool
    folds: list[int]
    seeds: list[int]
    rows: int
    base: Trained | None
    variants: list[VariantResult]
    visible: Visible | None

    def base_name(self) -> str:
        """The experiment, with what was changed for the base and all variants."""
        return " ".join([self.experiment, *self.overrides])

    def compared(self) -> list[tuple[VariantResult, Difference]]:
        """The variants that have a difference, better ones first."""
        return [(v, v.difference) for v in self.variants if v.difference is not None]

    def of_state(self, state: State) -> list[VariantResult]:
        """The variants in one state."""
        return [variant for variant in self.variants if variant.state == state]


def judged(
    variants: Sequence[VariantResult], metric: Metric
) -> tuple[list[VariantResult], Visible | None]:
    """The variants with their verdicts, better ones first, and from which size on one is visible.

    Those without a difference come last, as they were asked for.
    """
    with_difference = [v for v in variants if v.difference is not None]
    differences = [v.difference for v in with_difference if v.difference is not None]
    found = verdicts(differences, greater_is_better=metric.greater_is_better)
    sign = -1 if metric.greater_is_better else 1
    order = sorted(range(len(differences)), key=lambda i: sign * differences[i].value)
    best_first = [_with_verdict(with_difference[i], found[i]) for i in order]
    rest = [v for v in variants if v.difference is None]
    return [*best_first, *rest], visible_from(differences)


def _with_verdict(variant: VariantResult, verdict: Verdict) -> VariantResult:
    return replace(variant, verdict=verdict)
