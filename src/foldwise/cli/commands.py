"""The commands and their options; nothing is imported here but what parsing needs."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import NamedTuple

from foldwise.cli.values import (
    count,
    duration,
    fold_numbers,
    names,
    number,
    rate,
    seed_numbers,
    shares,
)


class Command(NamedTuple):
    """One command of the command line.

    Attributes:
        module: of `foldwise.cli`, with the function `run`.
        does: one line for the list of commands.
        example: a command line that works in a project.
        options: adds what the command takes to its parser.
        listed: the argument that takes any number of words, before and after options; empty: none.
    """

    name: str
    module: str
    does: str
    example: str
    options: Callable[[ArgumentParser], None]
    listed: str = ""


def _run(command: ArgumentParser) -> None:
    command.add_argument(
        "experiments", nargs="+", metavar="EXPERIMENT", help="a TOML file, or its name"
    )
    command.add_argument(
        "--name", help="of the submission, and of the ensemble of several experiments' runs"
    )
    command.add_argument("--fresh", action="store_true", help="set old runs aside, begin again")
    _hurry(command)


def _data(command: ArgumentParser) -> None:
    command.add_argument("name", metavar="COMPETITION", help="a folder in input/")
    command.add_argument(
        "--from", dest="source", metavar="PATH", help="a folder or ZIP that holds the files"
    )
    command.add_argument("--refresh", action="store_true", help="fetch again what is there")
    command.add_argument(
        "--encoder", help="whose tokens the lengths are counted in (minilm-l6, if it is here)"
    )
    command.add_argument(
        "--max-length",
        type=count,
        metavar="TOKENS",
        default=256,
        help="tokens; shows the share of texts over it",
    )


def _folds(command: ArgumentParser) -> None:
    command.add_argument("name", metavar="COMPETITION", help="a folder in input/")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="only check the table that is there")
    how.add_argument("--force", action="store_true", help="replace a table with other folds")
    command.add_argument("--n", type=count, metavar="FOLDS", help="how many folds (5)")
    command.add_argument(
        "--strategy", help="auto, kfold, stratified, group, stratified-group, multilabel (auto)"
    )
    command.add_argument(
        "--seed", type=int, metavar="NUMBER", help="another seed, other folds (42)"
    )
    command.add_argument(
        "--criteria",
        type=names,
        metavar="A,B",
        help="whose distribution the folds share, such as target,length",
    )
    command.add_argument(
        "--group-duplicates", action="store_true", help="keep nearly equal texts in one fold too"
    )


def _train(command: ArgumentParser) -> None:
    command.add_argument("experiment", metavar="EXPERIMENT", help="a TOML file, or its name")
    command.add_argument(
        "overrides", nargs="*", metavar="key=value", default=[], help="settings, such as seed=7"
    )
    command.add_argument("--name", help="of the run's folder (the experiment's name)")
    command.add_argument(
        "--seeds",
        type=seed_numbers,
        metavar="0,1,2",
        help="a run of each, and their average under the name (the experiment's own seed alone)",
    )
    command.add_argument(
        "--folds", type=fold_numbers, metavar="0,2", help="only these, such as 0,2"
    )
    how = command.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="insist on going on with a run")
    how.add_argument("--fresh", action="store_true", help="set an old run aside, begin again")
    command.add_argument(
        "--max-time", type=duration, metavar="TIME", help="begin no fold after, such as 8h or 50m"
    )
    command.add_argument(
        "--show-rates", action="store_true", help="only show what would learn at which rate"
    )
    _hurry(command)


def _hurry(command: ArgumentParser) -> None:
    command.add_argument("--fast", action="store_true", help="a minute: few rows, two folds")
    command.add_argument(
        "--workers", type=count, metavar="N", help="folds trained at once (what the hardware feeds)"
    )


def _lr_find(command: ArgumentParser) -> None:
    command.add_argument("experiment", metavar="EXPERIMENT", help="a TOML file, or its name")
    command.add_argument(
        "overrides", nargs="*", metavar="key=value", default=[], help="settings, such as seed=7"
    )
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


def _ablate(command: ArgumentParser) -> None:
    command.add_argument("experiment", metavar="EXPERIMENT", help="the base, as for train")
    command.add_argument(
        "variants",
        nargs="+",
        metavar="key=a,b",
        help="a variant for each value, such as head.hidden=[],[256]; settings that belong "
        'together are one variant: "loss.kind=huber loss.delta=0.5", with a name of its own: '
        '"huber: loss.kind=huber loss.delta=0.5"',
    )
    command.add_argument(
        "--seeds",
        type=seed_numbers,
        metavar="0,1,2",
        help="of the base and each variant (the experiment's own)",
    )
    command.add_argument(
        "--folds", type=fold_numbers, metavar="0,2", help="only these, such as 0,2"
    )
    command.add_argument(
        "--base",
        action="append",
        metavar="key=value",
        default=[],
        help="a setting of the base, and so of every variant; may be given again",
    )
    command.add_argument("--name", help="of the result, runs/NAME.ablation (the experiment's)")
    command.add_argument("--fresh", action="store_true", help="set old runs aside, begin again")
    command.add_argument(
        "--max-time", type=duration, metavar="TIME", help="begin no fold after, such as 8h or 50m"
    )
    _hurry(command)


def _tune(command: ArgumentParser) -> None:
    command.add_argument(
        "experiment", metavar="EXPERIMENT", help="a TOML file, or its name, with ranges"
    )
    command.add_argument(
        "overrides",
        nargs="*",
        metavar="key=value",
        default=[],
        help='settings or ranges, such as "rates.top={ low = 1e-5, high = 1e-3, log = true }"',
    )
    command.add_argument(
        "--trials",
        type=count,
        metavar="N",
        default=50,
        help="of the whole study, those of earlier sittings among them (50)",
    )
    command.add_argument(
        "--max-time", type=duration, metavar="TIME", help="begin no trial after, such as 6h or 50m"
    )
    command.add_argument(
        "--workers", type=count, metavar="N", help="trials at once (one a GPU; one on a CPU)"
    )
    command.add_argument("--fast", action="store_true", help="few rows, two folds")
    command.add_argument("--name", help="of the study, runs/NAME.tuning (the experiment's)")
    command.add_argument(
        "--folds", type=fold_numbers, metavar="0,1", help="only these, such as 0,1"
    )
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
    command.add_argument(
        "--with",
        dest="partners",
        type=names,
        metavar="RUN,RUN",
        default=(),
        help="score each trial by its mean with these runs",
    )


def _ensemble(command: ArgumentParser) -> None:
    command.add_argument("runs", nargs="+", metavar="RUN", help="a finished run, see foldwise runs")
    command.add_argument("--name", required=True, help="of the new run")
    command.add_argument(
        "--method",
        choices=["mean", "rank", "nnls", "hill", "ridge", "logistic"],
        help="mean or rank mean; fitted and scored on rows it was not fitted on: non-negative "
        "least squares, hill climbing, ridge or logistic stacking (nnls)",
    )
    command.add_argument(
        "--weights", type=shares, metavar="A,B", help="one a run, such as 3,1; not fitted"
    )
    command.add_argument(
        "--space",
        choices=["probability", "logit"],
        default="probability",
        help="what is added up: probabilities, or their logarithms (probability)",
    )
    command.add_argument(
        "--per-class", action="store_true", help="fit weights for every class or target by itself"
    )
    command.add_argument(
        "--calibrate", choices=["temperature"], help="make probabilities as sure as they are right"
    )
    decides = command.add_mutually_exclusive_group()
    decides.add_argument(
        "--cut-points", action="store_true", help="fit where one ordered class ends"
    )
    decides.add_argument("--thresholds", action="store_true", help="fit a threshold for each class")
    command.add_argument(
        "--bags", type=count, metavar="N", default=10, help="hill: halves of the members (10)"
    )
    command.add_argument(
        "--seed", type=number, metavar="NUMBER", default=0, help="hill: which halves (0)"
    )
    command.add_argument(
        "--compare", action="store_true", help="show what every other method would score"
    )
    command.add_argument(
        "--allow-in-sample", action="store_true", help="blend OOFs that look in-sample too"
    )


def _compare(command: ArgumentParser) -> None:
    command.add_argument("first", metavar="RUN_A", help="a finished run, see foldwise runs")
    command.add_argument("second", metavar="RUN_B", help="another of the same data and folds")
    _test_rows(command)


def _test_rows(command: ArgumentParser) -> None:
    command.add_argument(
        "--test-rows",
        type=count,
        metavar="N",
        help="to be scored in the end; of expected scores (as many as the test file has)",
    )


def _submit(command: ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN", help="a finished run, see foldwise runs")
    command.add_argument("--name", help="of the submission (the run's)")
    command.add_argument("--check-only", action="store_true", help="check, and write nothing")


def _predict(command: ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN", help="a finished run, see foldwise runs")
    command.add_argument(
        "texts", nargs="+", metavar="FILE|TEXT", help="a CSV like the test file, or texts as words"
    )
    command.add_argument("--output", metavar="FILE", help="a CSV to write all predictions to")


def _runs(command: ArgumentParser) -> None:
    command.add_argument(
        "--all", action="store_true", help="those of ablations, of studies and of single seeds too"
    )
    _test_rows(command)


def _nothing(_command: ArgumentParser) -> None:
    pass


COMMANDS = (
    Command(
        "run",
        "everything",
        "everything: data, folds, train, ensemble, submission",
        "foldwise run movie-valence-minilm movie-valence-tfidf",
        _run,
        "experiments",
    ),
    Command(
        "data",
        "data",
        "fetch a competition's files, check and describe them",
        "foldwise data movie-valence",
        _data,
    ),
    Command(
        "folds",
        "folds",
        "make the fold table, or check it",
        "foldwise folds movie-valence --n 5",
        _folds,
    ),
    Command(
        "train",
        "train",
        "train an experiment's folds; goes on where it was",
        "foldwise train movie-valence-minilm rates.top=2e-5 --name lower --folds 0,1",
        _train,
        "overrides",
    ),
    Command(
        "ablate",
        "ablate",
        "what one setting after the other changes, with standard errors",
        "foldwise ablate movie-valence-minilm pooling.kind=first,attention --seeds 0,1",
        _ablate,
        "variants",
    ),
    Command(
        "tune",
        "tune",
        "find the best values of an experiment's ranges; goes on where it was",
        "foldwise tune movie-valence-minilm-tune --trials 50 --max-time 6h",
        _tune,
        "overrides",
    ),
    Command(
        "lr-find",
        "lr_find",
        "a learning-rate range test: where the loss falls, and where it diverges",
        "foldwise lr-find movie-valence-minilm --steps 60",
        _lr_find,
        "overrides",
    ),
    Command(
        "ensemble",
        "ensemble",
        "blend finished runs into a run of its own",
        "foldwise ensemble movie-valence-minilm movie-valence-tfidf --weights 3,1 --name blend",
        _ensemble,
        "runs",
    ),
    Command(
        "compare",
        "compare",
        "which of two runs is better, by how much, and how surely",
        "foldwise compare movie-valence-minilm movie-valence-tfidf",
        _compare,
    ),
    Command(
        "submit",
        "submit",
        "a checked submission from a finished run",
        "foldwise submit movie-valence-minilm --name first",
        _submit,
    ),
    Command(
        "predict",
        "predict",
        "predict new rows, or texts",
        'foldwise predict movie-valence-minilm "A film to remember."',
        _predict,
        "texts",
    ),
    Command("runs", "runs", "a table of runs with their OOF scores", "foldwise runs -v", _runs),
    Command(
        "doctor",
        "doctor",
        "versions, hardware, disk, encoders, network",
        "foldwise doctor --json",
        _nothing,
    ),
)
