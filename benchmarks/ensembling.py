"""Ensemble methods on real members, beside their private scores; what it says is in ensembling.md.

    python benchmarks/ensembling.py movie-valence [--rows 1600 --folds 2 --only tfidf]

It trains the members below, each a setting or two away from a shipped experiment, in a project of
its own, `runs/ensembling/`, and blends them by every method. The same command goes on where it was
stopped. The page's table goes to standard output.

The members of a fold are averaged for the test rows, so that private scores are better than
out-of-fold ones for every method. What is compared is what each method gains over the mean: in the
sample, honestly, and on the private rows.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foldwise.cli.main import main as foldwise
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import Score
from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.recipe import Method, Options, Recipe
from foldwise.ensembling.report import described
from foldwise.errors import UsageError
from foldwise.paths import Project
from foldwise.pipeline.submitting import private_scores_of

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "runs" / "ensembling"

MEMBERS = {  # by name: the experiment's ending, and its settings
    "tfidf": "tfidf",
    "tfidf-words": "tfidf tfidf.words=[1,3] tfidf.characters=[5,5]",
    "tfidf-letters": "tfidf tfidf.words=[1,1] tfidf.characters=[2,6]",
    "tfidf-strict": "tfidf tfidf.penalty=5",
    "tfidf-loose": "tfidf tfidf.penalty=0.2",
    "frozen-mean": "minilm encoder.frozen=all pooling.kind=mean",
    "frozen-max": "minilm encoder.frozen=all pooling.kind=max",
    "frozen-first": "minilm encoder.frozen=all pooling.kind=first",
    "tuned-mean": "minilm",
    "tuned-mean-seed-1": "minilm seed=1",
    "tuned-attention": "minilm pooling.kind=attention pooling.hidden=128",
    "tuned-first": "minilm pooling.kind=first",
    "tuned-layers": "minilm pooling.layers=4",
}
WAYS: tuple[tuple[Method, Options], ...] = (
    ("mean", Options()),
    ("mean", Options(space="logit")),
    ("rank", Options()),
    ("nnls", Options()),
    ("nnls", Options(space="logit")),
    ("nnls", Options(per_class=True)),
    ("hill", Options()),
    ("hill", Options(space="logit")),
    ("ridge", Options()),
    ("logistic", Options()),
    ("logistic", Options(per_class=True)),
    ("nnls", Options(temperature=True)),
    ("nnls", Options(decision="cut_points")),
    ("nnls", Options(decision="thresholds")),
)


@dataclass(frozen=True)
class Line:
    """One blend: its scores, in the competition's metric."""

    name: str
    honest: Score
    in_sample: float
    private: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is not there, blend, and print the page's section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("competition", choices=["movie-valence", "movie-sentiment"])
    parser.add_argument("--rows", type=int, default=0, help="training rows; 0: all (0)")
    parser.add_argument("--folds", type=int, default=4, help="(4)")
    parser.add_argument("--epochs", default="1", help="of encoders (1)")
    parser.add_argument("--only", default="", help="members with this in their names")
    options = parser.parse_args(arguments)
    os.environ["FOLDWISE_ROOT"] = str(PLACE)
    prepare(options.competition)
    names = trained(options)
    print(page(options, names))


def prepare(competition: str) -> None:
    """Copy what one competition needs into the benchmark's project."""
    for folder in ("experiments", "folds", f"input/{competition}"):
        shutil.copytree(ROOT / folder, PLACE / folder, dirs_exist_ok=True)


def trained(options: argparse.Namespace) -> list[str]:
    """The names of the members' runs, all finished."""
    names = []
    for member, words in MEMBERS.items():
        if options.only not in member:
            continue
        ending, *settings = words.split()
        name = f"{options.competition}-{options.rows or 'all'}x{options.folds}-{member}"
        overrides = [f"training.folds={options.folds}", *settings]
        overrides += [f"training.rows={options.rows}"] if options.rows else []
        if ending == "minilm":
            overrides += ["hardware.threads=1", f"training.epochs={options.epochs}"]
        experiment = f"{options.competition}-{ending}"
        if code := foldwise(["train", experiment, *overrides, "--name", name, "-q"]):
            sys.exit(code)
        names.append(name)
    return names


def page(options: argparse.Namespace, names: Sequence[str]) -> str:
    """A section of ensembling.md: the members, the methods, and whom the private score confirms."""
    project = Project(PLACE)
    loaded = load(load_competition(project.competition(options.competition)))
    metric = loaded.competition.metric
    lines = [line for way in WAYS if (line := blended(project, loaded, names, *way))]
    first = blend(project, names, f"{options.competition}-mean")
    columns = f"| | honest {metric} | in-sample | optimism | private |\n|---|---|---|---|---|"
    members = [
        Line(name, first.problem.score(values), float("nan"), private(project, name, loaded))
        for name, values in zip(names, first.problem.members, strict=True)
    ]
    shown = [
        f"| {x.name.split(f'x{options.folds}-')[1]} | {x.honest} | | | {x.private:.4f} |"
        for x in members
    ]
    return "\n".join(
        [
            f"## {options.competition}: {len(first.problem.targets):,} rows, {options.folds} folds",
            f"\n{columns}",
            *shown,
            *(
                f"| **{x.name}** | {x.honest} | {x.in_sample:.4f} | "
                f"{x.in_sample - x.honest.value:+.4f} | {x.private:.4f} |"
                for x in lines
            ),
            f"\n{verdict(lines)}\n",
        ]
    )


def blended(
    project: Project,
    loaded: LoadedCompetition,
    names: Sequence[str],
    method: Method,
    options: Options,
) -> Line | None:
    """One blend's scores; None where the method makes no sense for the competition."""
    label = described(Recipe(method, options))
    run = f"{loaded.competition.name}-{label.replace(', ', '-').replace(' ', '-')}"
    try:
        made = blend(project, names, run, method, options=options)
    except UsageError:
        return None
    seen = made.problem.score(made.fit.in_sample).value
    honest = made.problem.score(made.fit.honest)
    return Line(label, honest, seen, private(project, run, loaded))


def private(project: Project, run: str, loaded: LoadedCompetition) -> float:
    """The run's score on the hidden solution."""
    return private_scores_of(project, run, loaded)[loaded.competition.metric].value


def verdict(lines: Sequence[Line]) -> str:
    """How well the gain over the mean on private rows was foretold, honestly and in-sample."""
    mean, *others = lines
    gains = np.array(
        [
            (
                x.honest.value - mean.honest.value,
                x.in_sample - mean.in_sample,
                x.private - mean.private,
            )
            for x in others
        ]
    )
    off = np.abs(gains[:, :2] - gains[:, 2:])
    nearer = int((off[:, 0] < off[:, 1]).sum())
    return (
        f"Each method's gain over the mean on the private rows is {off[:, 0].mean():.4f} away from "
        f"its honest gain and {off[:, 1].mean():.4f} from its in-sample gain, on average; the "
        f"honest one is nearer for {nearer} of {len(others)} methods."
    )


if __name__ == "__main__":
    main()
