"""Measure the fine-tuning crafts one by one; each competition's table goes into craft.md by hand.

    python benchmarks/crafts.py movie-valence [more options of foldwise ablate]

It is `foldwise ablate` with a list of variants. Small on purpose: half of 1,600 rows to learn from,
the other half to compare on, three seeds, so that a craft takes minutes and not hours on two cores.
The same command goes on where it was stopped.
"""

import sys

from foldwise.cli.main import main

BASE = ("training.rows=1600", "training.folds=2", "hardware.threads=1")

EVERYWHERE = (
    "ema: averaging.kind=ema averaging.decay=0.98",
    "swa: averaging.kind=swa averaging.every=5",
    "lower-rate: rates.top=1e-4",
    "decay: rates.decay=0.85",
    "linear-rates: rates.shape=linear",
    "embeddings-learn: rates.embeddings=auto",
    "cosine: schedule.kind=cosine",
    "one-cycle: schedule.kind=one_cycle",
    "no-bias-correction: optimizer.bias_correction=false",
    "first: pooling.kind=first",
    "attention: pooling.kind=attention pooling.hidden=128",
    "max-beside: pooling.beside=max",
    "weighted-layers: pooling.layers=4 pooling.combine=weighted",
    "mlp: head.hidden=[128]",
    "multi-dropout: head.dropout=0.2 head.dropout_samples=5",
    "layer-drop: encoder.layer_drop=0.1",
    "reinitialise: encoder.reinitialise=1",
    "mixout: regularization.mixout=0.1",
    "pretrained-decay: regularization.pretrained_decay=100.0",
    "awp: regularization.adversarial=awp",
)
REGRESSION = (
    "dropout: encoder.dropout=0.1",
    "r-drop: regularization.r_drop=0.5 head.dropout=0.1",
    "gem: pooling.kind=gem",
    "smooth-l1: loss.kind=smooth_l1",
    "rmse: loss.kind=rmse",
    "ranking: loss.kind=ranking",
    "gaussian: loss.kind=gaussian",
    "rater-weights: loss.weights=target_sd",
)
CLASSIFICATION = (
    "no-dropout: encoder.dropout=0.0",
    "r-drop: regularization.r_drop=0.5",
    "ordinal-head: head.kind=ordinal",
    "ordinal-loss: loss.kind=ordinal",
    "soft: loss.kind=soft",
    "smoothing: loss.smoothing=0.1",
    "focal: loss.kind=focal",
)
VARIANTS = {
    "movie-valence": EVERYWHERE + REGRESSION,
    "movie-sentiment": EVERYWHERE + CLASSIFICATION,
    "commonlit": EVERYWHERE + REGRESSION,
}


def command(competition: str, options: list[str]) -> list[str]:
    """The arguments of `foldwise` that measure the crafts on one competition."""
    base = [word for setting in BASE for word in ("--base", setting)]
    return [
        "ablate", f"{competition}-minilm", *VARIANTS[competition], *base,
        "--folds", "0", "--seeds", "0,1,2", "--name", f"crafts-{competition}", *options,
    ]  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in VARIANTS:
        sys.exit(f"usage: python benchmarks/crafts.py {'|'.join(VARIANTS)} [options of ablate]")
    sys.exit(main(command(sys.argv[1], sys.argv[2:])))
