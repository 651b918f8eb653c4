"""The options of the commands about Kaggle kernels."""

from argparse import ArgumentParser

from foldwise.cli.values import duration, seed_numbers
from foldwise.kaggle.simulation.cases import CASES

MINUTES_A_CASE = 60
HOURS_A_SESSION = 9


def build(command: ArgumentParser) -> None:
    """What `foldwise kernel build` takes."""
    command.add_argument(
        "run", metavar="RUN", help="a finished run; with --train also an experiment"
    )
    what = command.add_mutually_exclusive_group()
    what.add_argument("--infer", action="store_true", help="a kernel that predicts (the default)")
    what.add_argument("--train", action="store_true", help="a kernel that trains")
    command.add_argument("--output", metavar="DIR", help="where to (kernels/<slug>)")
    command.add_argument("--owner", default="", metavar="NAME", help="your user name on Kaggle")
    command.add_argument(
        "--fp16", action="store_true", help="half the size; says how much predictions change"
    )
    command.add_argument(
        "--max-time",
        type=duration,
        default=HOURS_A_SESSION * 3600.0,
        metavar="TIME",
        help=f"of a session on Kaggle ({HOURS_A_SESSION}h); it ends by itself, in time",
    )
    command.add_argument(
        "--seeds", type=seed_numbers, metavar="0,1,2", help="--train: a run of each, and their mean"
    )
    command.add_argument(
        "--encoder-source",
        default="",
        metavar="KIND/OWNER/SLUG",
        help="--train: where the encoder is on Kaggle, datasets/... or models/...",
    )


def simulate(command: ArgumentParser) -> None:
    """What `foldwise kernel simulate` takes."""
    command.add_argument("folder", metavar="DIR", help="what foldwise kernel build wrote")
    command.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="NAME",
        help=f"only this one; may repeat: {CASES}",
    )
    command.add_argument(
        "--limit",
        type=duration,
        default=MINUTES_A_CASE * 60.0,
        metavar="TIME",
        help=f"stop a notebook after it ({MINUTES_A_CASE}m)",
    )
    command.add_argument(
        "--isolation",
        choices=["auto", "namespaces", "folder"],
        default="auto",
        help="keep the kernel from this machine by namespaces (root), or by a folder, rights and "
        "blocked sockets; the strongest there is (auto)",
    )


def push(command: ArgumentParser) -> None:
    """What `foldwise kernel push` takes."""
    command.add_argument("folder", metavar="DIR", help="what foldwise kernel build wrote")
    command.add_argument(
        "--check-only", action="store_true", help="check, and say what would be called"
    )
