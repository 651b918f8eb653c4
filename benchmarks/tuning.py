"""Row-paired pruning beside none, Optuna's median and Wilcoxon pruners; see tuning.md.

    python benchmarks/tuning.py [--trials 24] [--rows 1600] [--epochs 1.0] [--output FILE]

Two studies of the layer-wise rates of MiniLM on movie-valence, alike but for what drops trials.
The first ten suggestions do not depend on scores, so both try the same ones; what TPE suggests
after them depends on what it was told. Each study is one `foldwise tune`, in a project of its own,
`runs/tuning/`, whose test rows are cut to a few: each trial predicts them, and nothing here
compares them. The same command goes on where it was stopped; the page is written at the end.

Optuna's pruners need scores alone, so that what they would drop of the study without pruning is
found without training anything: `tuning_replay.py`. `--pruners none,paired,median,wilcoxon` trains
a study for each instead.
"""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import crafts
import tuning_replay

from foldwise.cli.main import main
from foldwise.comparing.paired import Difference, paired_difference
from foldwise.comparing.sides import Side
from foldwise.competition.metrics import METRICS
from foldwise.competition.rows import Rows
from foldwise.paths import Project
from foldwise.settings import load_experiment
from foldwise.storage import write_text
from foldwise.training.corpus import load_corpus
from foldwise.training.run_scores import read_tables
from foldwise.tuning.pruner_names import PrunerName

PLACE = crafts.ROOT / "runs" / "tuning"
ORDERS = 200
EXPERIMENT = "movie-valence-minilm-tune"
COLUMNS = (
    "pruning", "finished", "dropped", "failed", "best setting", "its score", "chosen fold by fold",
    "minus the best of none", "steps", "CPU seconds", "of none's",
)  # fmt: skip


def options() -> Namespace:
    """What the command line asks for."""
    parser = ArgumentParser(description="Studies that differ in their pruner.")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--rows", type=int, default=1600)
    parser.add_argument("--pruners", default="none,paired", help="a study each; none among them")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--level", type=float, default=0.05)
    parser.add_argument("--output", type=Path, default=crafts.ROOT / "benchmarks" / "tuning.md")
    return parser.parse_args()


def study_name(chosen: Namespace, pruner: str) -> str:
    """One study a pruner and size."""
    level = f"-{chosen.level:g}" if pruner == "paired" and chosen.level != 0.05 else ""
    return f"{pruner}-{chosen.rows}-{chosen.epochs:g}{level}"


def command(chosen: Namespace, pruner: str) -> list[str]:
    """The arguments of `foldwise` for one study."""
    level = ["--level", str(chosen.level)] if pruner == "paired" else []
    return [
        "tune", EXPERIMENT, f"training.rows={chosen.rows}", f"training.epochs={chosen.epochs}",
        "training.evaluations_per_epoch=4", "hardware.threads=1", "--trials", str(chosen.trials),
        "--pruner", pruner, *level, "--name", study_name(chosen, pruner),
    ]  # fmt: skip


def result_of(chosen: Namespace, pruner: str) -> dict[str, Any]:
    """What a finished study wrote."""
    path = PLACE / "runs" / f"{study_name(chosen, pruner)}.tuning" / "tuning.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def best_of(result: dict[str, Any]) -> dict[str, Any]:
    """The best trial of a study."""
    (best,) = (trial for trial in result["trials"] if trial["number"] == result["best"])
    return dict(best)


def training_rows() -> Rows:
    """The rows that all studies are scored on, those of the best trials."""
    project = Project(PLACE)
    any_run = next((PLACE / "runs").glob("none-*.tuning.trial-*/settings.toml"))
    return load_corpus(project, load_experiment(any_run)).loaded.train


def difference(mine: str, others: str, rows: Rows) -> Difference:
    """The score of one run minus that of another, on the same rows."""
    tables = [read_tables(PLACE / "runs" / run)[0] for run in (mine, others)]
    sides = [Side(run, {0: table}) for run, table in zip((mine, others), tables, strict=True)]
    return paired_difference(sides[0], sides[1], rows, METRICS["rmse"])


def row_of(result: dict[str, Any], none: dict[str, Any], rows: Rows) -> list[str]:
    """One line of the table."""
    states = [trial["outcome"]["state"] for trial in result["trials"]]
    best, reference = best_of(result), best_of(none)
    found = difference(best["run"], reference["run"], rows)
    fitted = result["cross_fitted"]
    values = ", ".join(f"{key.split('.')[-1]} {value:g}" for key, value in best["values"].items())
    spent, whole = result["spent"], none["spent"]
    same = best["run"].rpartition(".")[2] == reference["run"].rpartition(".")[2]
    return [
        result["pruner"],
        *(str(states.count(state)) for state in ("finished", "pruned", "failed")),
        values,
        f"{best['outcome']['score']:.4f} ± {best['outcome']['standard_error']:.4f}",
        f"{fitted['score']:.4f} ± {fitted['standard_error']:.4f}" if fitted else "",
        "the same setting" if same else f"{found.value:+.4f} ± {found.standard_error:.4f}",
        f"{spent['steps']:,}",
        f"{spent['cpu_seconds']:,.0f}",
        f"{spent['cpu_seconds'] / whole['cpu_seconds']:.0%}",
    ]


def page(chosen: Namespace) -> str:
    """The comparison as Markdown."""
    results = {pruner: result_of(chosen, pruner) for pruner in chosen.pruners.split(",")}
    replayed = tuning_replay.trials_of(PLACE / "runs" / f"{study_name(chosen, 'none')}.tuning")
    rows = training_rows()
    lines = [
        "# Pruning: rows paired with the best trial's, beside Optuna's own",
        "",
        f"{chosen.trials} trials of the rates of `{EXPERIMENT}` on {chosen.rows:,} rows of "
        f"movie-valence in {len(results['none']['folds'])} folds, {chosen.epochs:g} epochs, four "
        f"evaluations an epoch; level {chosen.level:g}. Made by `python benchmarks/tuning.py`.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{' --- |' * len(COLUMNS)}",
    ]
    lines += [f"| {' | '.join(row_of(r, results['none'], rows))} |" for r in results.values()]
    lines += [
        "",
        '- The score of the best is optimistic: it is the best of many on the same rows. "Chosen '
        "fold by fold\" is the score of the choice: each fold's rows are predicted by the trial "
        "that is best on the other folds.",
        '- "Minus the best of none" is a paired difference on the same rows, with its standard '
        "error; below two of them it is noise.",
        "- CPU seconds are those of the training process, which other programs do not make longer.",
        "",
        "## Optuna's pruners, on the trials of the study without one",
        "",
        f"The same {len(replayed)} trials told to each pruner in {ORDERS} orders, the defaults "
        "always first (`benchmarks/tuning_replay.py`); no suggestion depends on what was dropped. "
        "Mean, and least to most.",
        "",
        tuning_replay.page(replayed, ORDERS),
        "",
        *(line for name in tuning_replay.PRUNERS for line in own_order(replayed, name)),
        "- Wilcoxon's test on fold scores has smallest p-values of 0.25, 0.125 and 0.0625 after "
        "two, three and four folds: with a threshold of 0.1 it has nothing to say before the last "
        "of four folds has been trained, and of ten folds it would always pay for four.",
    ]
    return "\n".join(lines) + "\n"


def own_order(trials: Sequence[tuning_replay.Replayed], pruner: PrunerName) -> list[str]:
    """What a pruner does in the order in which the trials were made."""
    spent, best, dropped = tuning_replay.outcome(trials, pruner)
    return [
        f"- {pruner}, in the study's own order: {dropped} dropped, {spent:.0%} of the training, "
        f"best score {best:.4f}."
    ]


if __name__ == "__main__":
    asked = options()
    crafts.PLACE = PLACE
    crafts.small_project("movie-valence")
    os.environ["FOLDWISE_ROOT"] = str(PLACE)
    for name in asked.pruners.split(","):
        code = main(command(asked, name))
        if code:
            sys.exit(code)
    write_text(asked.output, page(asked))
