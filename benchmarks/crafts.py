"""Measure the fine-tuning crafts one by one; what it says is in craft.md.

    python benchmarks/crafts.py movie-valence [more options of foldwise ablate]

It is `foldwise ablate` with a list of variants of a plain recipe. Small on purpose: half of 1,600
rows to learn from (800 of CommonLit's long texts), the other half to compare on, three seeds, so
that a craft takes minutes and not hours on two cores. It works in a project of its own,
`runs/crafts/`, whose test rows are cut to a few: each run predicts them, and nothing here compares
them. The same command goes on where it was stopped.
"""

import csv
import os
import shutil
import sys
from itertools import islice
from pathlib import Path

from foldwise.cli.main import main
from foldwise.competition.competition import load_competition

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "runs" / "crafts"
TEST_ROWS = 20
BASE = (
    "training.folds=2", "hardware.threads=1", "rates.top=2e-4", "rates.decay=1.0",
    "averaging.kind=none", "encoder.max_length=128",
)  # fmt: skip
ROWS = {"movie-valence": 1600, "movie-sentiment": 1600, "commonlit": 800}  # its texts are long

EVERYWHERE = (
    "recipe: averaging.kind=ema rates.top=1.5e-4 rates.decay=0.9",
    "ema: averaging.kind=ema",
    "lower-rate: rates.top=1e-4",
    "decay: rates.decay=0.8",
    "attention: pooling.kind=attention pooling.hidden=128",
    "max-beside: pooling.beside=max",
    "reinitialise: encoder.reinitialise=1",
    "multi-dropout: head.dropout=0.2 head.dropout_samples=5",
    "one-cycle: schedule.kind=one_cycle",
    "embeddings-learn: encoder.frozen=none",
    "fgm: encoder.frozen=none regularization.adversarial=fgm",
)
REGRESSION = (
    "swa: averaging.kind=swa averaging.every=5",
    "weighted-layers: pooling.layers=4 pooling.combine=weighted",
    "awp: regularization.adversarial=awp",
    "mixout: regularization.mixout=0.1",
    "no-bias-correction: optimizer.bias_correction=false",
    "dropout: encoder.dropout=0.1",
    "r-drop: regularization.r_drop=0.5 head.dropout=0.1",
    "smooth-l1: loss.kind=smooth_l1",
    "gaussian: loss.kind=gaussian",
    "rater-weights: loss.weights=target_sd",
)
CLASSIFICATION = (
    "no-dropout: encoder.dropout=0.0",
    "ordinal-head: head.kind=ordinal",
    "soft: loss.kind=soft",
    "smoothing: loss.smoothing=0.1",
)
VARIANTS = {
    "movie-valence": EVERYWHERE + REGRESSION,
    "movie-sentiment": EVERYWHERE + CLASSIFICATION,
    "commonlit": (
        *EVERYWHERE[:4],
        "mean-pooling: pooling.kind=mean pooling.layers=1 pooling.beside=none",
        "one-cycle: schedule.kind=one_cycle",
        "frozen-embeddings: encoder.frozen=embeddings",
    ),
}


def small_project(competition: str) -> None:
    """Copy what one competition needs into a project of its own, with few test rows."""
    for name in ("experiments", "folds"):
        shutil.copytree(ROOT / name, PLACE / name, dirs_exist_ok=True)
    source, target = ROOT / "input" / competition, PLACE / "input" / competition
    if target.is_dir():
        return
    aside = target.with_name(f".{competition}.tmp")
    shutil.copytree(source, aside, dirs_exist_ok=True)
    files = load_competition(source).files
    for name in (files.test, files.sample_submission, files.solution):
        if name and (aside / name).is_file():
            cut(aside / name)
    aside.rename(target)


def cut(path: Path) -> None:
    """Keep the header and the first rows, which may have line breaks within a field."""
    with path.open(encoding="utf-8", newline="") as source:
        kept = list(islice(csv.reader(source), 1 + TEST_ROWS))
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(kept)


def command(competition: str, options: list[str]) -> list[str]:
    """The arguments of `foldwise` that measure the crafts on one competition."""
    settings = (f"training.rows={ROWS[competition]}", *BASE)
    base = [word for setting in settings for word in ("--base", setting)]
    return [
        "ablate", f"{competition}-minilm", *VARIANTS[competition], *base,
        "--folds", "0", "--seeds", "0,1,2", "--name", f"crafts-{competition}", *options,
    ]  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in VARIANTS:
        sys.exit(f"usage: python benchmarks/crafts.py {'|'.join(VARIANTS)} [options of ablate]")
    small_project(sys.argv[1])
    os.environ["FOLDWISE_ROOT"] = str(PLACE)
    sys.exit(main(command(sys.argv[1], sys.argv[2:])))
