"""The options of the commands that train."""

from argparse import ArgumentParser

from foldwise.cli.values import (
    count,
    count_or_auto,
    duration,
    fold_numbers,
    name,
    names,
    number,
    rate,
    seed_numbers,
)


def run(command: ArgumentParser) -> None:
    """What `foldwise run` takes."""
    command.add_argument(
        "experiments", nargs="+", metavar="EXPERIMENT", help="a TOML file, or its name"
    )
    command.add_argument(
        "--name",
        type=name,
        help="of the submission, and of the ensemble of several experiments' runs",
    )
    _seeds(command, "each experiment with all of them, averaged (the experiment's own seed alone)")
    command.add_argument("--fresh", action="store_true", help="set old runs aside, begin again")
    _hurry(command)
    _jobs_per_gpu(command)


def train(command: ArgumentParser) -> None:
    """What `foldwise train` takes."""
    command.add_argument("experiment", metavar="EXPERIMENT", help="a TOML file, or its name")
    _overrides(command, "settings, such as seed=7")
    command.add_argument("--name", type=name, help="of the run's folder (the experiment's name)")
    _seeds(
        command, "a run of each, and their average under the name (the experiment's own seed alone)"
    )
    _folds(command)
    how = command.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="insist on going on with a run")
    how.add_argument("--fresh", action="store_true", help="set an old run aside, begin again")
    _max_time(command, "fold")
    command.add_argument(
        "--show-rates", action="store_true", help="only show what would learn at which rate"
    )
    _hurry(command)
    _jobs_per_gpu(command)


def _hurry(command: ArgumentParser) -> None:
    command.add_argument("--fast", action="store_true", help="a minute: few rows, two folds")
    _workers(command, "folds trained at once (what the hardware feeds)")


def _jobs_per_gpu(command: ArgumentParser) -> None:
    command.add_argument(
        "--jobs-per-gpu",
        type=count_or_auto,
        metavar="N",
        help="folds at once on a GPU; auto: one more while memory and pace allow it (1)",
    )


def _overrides(command: ArgumentParser, told: str) -> None:
    command.add_argument("overrides", nargs="*", metavar="key=value", default=[], help=told)


def _seeds(command: ArgumentParser, told: str) -> None:
    command.add_argument("--seeds", type=seed_numbers, metavar="0,1,2", help=told)


def _folds(command: ArgumentParser) -> None:
    command.add_argument(
        "--folds", type=fold_numbers, metavar="0,2", help="only these, such as 0,2"
    )


def _max_time(command: ArgumentParser, part: str) -> None:
    command.add_argument(
        "--max-time",
        type=duration,
        metavar="TIME",
        help=f"begin no {part} after, such as 8h or 50m",
    )


def _workers(command: ArgumentParser, told: str) -> None:
    """How many, and where they run."""
    command.add_argument("--workers", type=count, metavar="N", help=told)
    command.add_argument(
        "--engine",
        choices=["local", "ray"],
        default="local",
        help="where workers run: this machine, or a Ray cluster (local)",
    )
    command.add_argument(
        "--address",
        metavar="ADDRESS",
        help="of the Ray cluster this machine is in, such as auto (RAY_ADDRESS, else one here)",
    )


def lr_find(command: ArgumentParser) -> None:
    """What `foldwise lr-find` takes."""
    command.add_argument("experiment", metavar="EXPERIMENT", help="a TOML file, or its name")
    _overrides(command, "settings, such as seed=7")
    command.add_argument(
        "--fold", type=number, metavar="K", default=0, help="whose training rows are taken (0)"
    )
    command.add_argument(
        "--stage", type=number, metavar="K", default=0, help="of [[stages]], from 0 (0)"
    )
    command.add_argument("--steps", type=count, metavar="N", default=100, help="at most (100)")
    command.add_argument(
        "--lowest",
        type=rate,
        metavar="RATE",
        default=1e-7,
        help="the first step's, of the top layer that learns, else of the head (1e-7)",
    )
    command.add_argument(
        "--highest", type=rate, metavar="RATE", default=1.0, help="the last step's (1)"
    )
    command.add_argument("--seed", type=number, metavar="NUMBER", help="the same as seed=NUMBER")
    command.add_argument("--fast", action="store_true", help="fewer rows, shorter texts")


def ablate(command: ArgumentParser) -> None:
    """What `foldwise ablate` takes."""
    command.add_argument("experiment", metavar="EXPERIMENT", help="the base, as for train")
    command.add_argument(
        "variants",
        nargs="+",
        metavar="key=a,b",
        help="a variant for each value, such as head.hidden=[],[256]; settings that belong "
        'together are one variant: "loss.kind=huber loss.delta=0.5", with a name of its own: '
        '"huber: loss.kind=huber loss.delta=0.5"',
    )
    _seeds(command, "of the base and each variant (the experiment's own)")
    _folds(command)
    command.add_argument(
        "--base",
        action="append",
        metavar="key=value",
        default=[],
        help="a setting of the base, and so of every variant; may be given again",
    )
    command.add_argument(
        "--name", type=name, help="of the result, runs/NAME.ablation (the experiment's)"
    )
    command.add_argument("--fresh", action="store_true", help="set old runs aside, begin again")
    _max_time(command, "fold")
    _hurry(command)


def tune(command: ArgumentParser) -> None:
    """What `foldwise tune` takes."""
    command.add_argument(
        "experiment", metavar="EXPERIMENT", help="a TOML file, or its name, with ranges"
    )
    _overrides(
        command,
        'settings or ranges, such as "rates.top={ low = 1e-5, high = 1e-3, log = true }"',
    )
    command.add_argument(
        "--trials",
        type=count,
        metavar="N",
        default=50,
        help="of the whole study, those of earlier sittings among them (50)",
    )
    _max_time(command, "trial")
    _workers(command, "trials at once (one a GPU; one on a CPU)")
    command.add_argument("--fast", action="store_true", help="few rows, two folds")
    command.add_argument(
        "--fresh", action="store_true", help="set an old study and its trials aside, begin again"
    )
    command.add_argument(
        "--name", type=name, help="of the study, runs/NAME.tuning (the experiment's)"
    )
    _folds(command)
    _pruning(command)
    command.add_argument(
        "--with",
        dest="partners",
        type=names,
        metavar="RUN,RUN",
        default=(),
        help="score each trial by its mean with these runs",
    )


def _pruning(command: ArgumentParser) -> None:
    """What drops trials early."""
    command.add_argument(
        "--pruner",
        choices=["paired", "median", "wilcoxon", "none"],
        default="paired",
        help="what drops trials early: rows paired with the best trial's, Optuna's, none (paired)",
    )
    command.add_argument(
        "--level",
        type=float,
        metavar="P",
        default=0.05,
        help="of the paired pruner: the chance to drop a trial as good as the best (0.05)",
    )
