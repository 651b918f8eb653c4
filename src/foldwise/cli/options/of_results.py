"""The options of the commands that read finished runs."""

from argparse import ArgumentParser

from foldwise.cli.values import count, file_to_write, name, number, shares


def ensemble(command: ArgumentParser) -> None:
    """What `foldwise ensemble` takes."""
    command.add_argument("runs", nargs="+", metavar="RUN", help="a finished run, see foldwise runs")
    command.add_argument("--name", type=name, required=True, help="of the new run")
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
    _adjusting(command)
    _climbing(command)
    command.add_argument(
        "--compare", action="store_true", help="show what every other method would score"
    )
    command.add_argument(
        "--allow-in-sample", action="store_true", help="blend OOFs that look in-sample too"
    )
    command.add_argument(
        "--fresh",
        action="store_true",
        dest="replace",  # nothing is begun again: `fresh` is of what trains
        help="set another ensemble of that name aside",
    )


def _adjusting(command: ArgumentParser) -> None:
    """What is fitted after the blend."""
    command.add_argument(
        "--calibrate", choices=["temperature"], help="make probabilities as sure as they are right"
    )
    decides = command.add_mutually_exclusive_group()
    decides.add_argument(
        "--cut-points", action="store_true", help="fit where one ordered class ends"
    )
    decides.add_argument("--thresholds", action="store_true", help="fit a threshold for each class")


def _climbing(command: ArgumentParser) -> None:
    """What hill climbing draws."""
    command.add_argument(
        "--bags",
        type=count,
        metavar="N",
        default=10,
        help="hill: climbs of random halves of more than 20 members (10)",
    )
    command.add_argument(
        "--seed", type=number, metavar="NUMBER", default=0, help="hill: which halves (0)"
    )


def compare(command: ArgumentParser) -> None:
    """What `foldwise compare` takes."""
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


def report(command: ArgumentParser) -> None:
    """What `foldwise report` takes."""
    command.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="a finished run or a study, see foldwise runs; several stand side by side",
    )
    command.add_argument(
        "--output",
        type=file_to_write,
        metavar="FILE",
        help="the page (runs/RUN/report.html); PNGs go beside it",
    )
    _replace(command)


def submit(command: ArgumentParser) -> None:
    """What `foldwise submit` takes."""
    command.add_argument("run", metavar="RUN", help="a finished run, see foldwise runs")
    command.add_argument("--name", type=name, help="of the submission (the run's)")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--check-only", action="store_true", help="check, and write nothing")
    what.add_argument("--send", action="store_true", help="send it with the kaggle program")
    command.add_argument("--message", help="beside the score on Kaggle (run and OOF score)")


def predict(command: ArgumentParser) -> None:
    """What `foldwise predict` takes."""
    command.add_argument("run", metavar="RUN", help="a finished run, see foldwise runs")
    command.add_argument(
        "texts", nargs="+", metavar="FILE|TEXT", help="a CSV like the test file, or texts as words"
    )
    command.add_argument(
        "--output",
        type=file_to_write,
        metavar="FILE",
        help="a CSV to write all predictions to",
    )
    _replace(command)


def _replace(command: ArgumentParser) -> None:
    """Beside --output, which loses nothing by itself."""
    command.add_argument(
        "--replace",
        action="store_true",
        help="write over what is there already, which is lost then",
    )


def runs(command: ArgumentParser) -> None:
    """What `foldwise runs` takes."""
    command.add_argument(
        "--all", action="store_true", help="those of ablations, of studies and of single seeds too"
    )
    _test_rows(command)


def nothing(_command: ArgumentParser) -> None:
    """Nothing but what every command takes."""
