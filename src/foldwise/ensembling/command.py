"""The command line that makes an ensemble again: the way back from a record."""

from collections.abc import Sequence

from foldwise.ensembling.record import Ensemble


def command_of(name: str, ensemble: Ensemble) -> str:
    """The command line that makes the ensemble `name` again.

    Of an average over seeds it trains them: an average blended from named runs knows no seeds. The
    experiment's name is not in the record.
    """
    if ensemble.seeds:
        return f"foldwise train EXPERIMENT --seeds {joined(ensemble.seeds)} --name {name}"
    words = ["foldwise ensemble", *ensemble.members, "--name", name]
    if ensemble.method == "weights":
        words.append(f"--weights {joined(ensemble.weights)}")
    else:
        words.append(f"--method {ensemble.method}")
    options = ensemble.options
    if options.space == "logit":
        words.append("--space logit")
    if options.per_class:
        words.append("--per-class")
    if options.temperature:
        words.append("--calibrate temperature")
    if options.decision != "none":
        words.append(f"--{options.decision.replace('_', '-')}")
    if ensemble.method == "hill":
        words.append(f"--bags {options.bags} --seed {options.seed}")
    if ensemble.suspicious:
        words.append("--allow-in-sample")
    return " ".join(words)


def joined(numbers: Sequence[float]) -> str:
    """Numbers as an option takes them, in the shortest form that reads back the same."""
    return ",".join(map(repr, numbers))
