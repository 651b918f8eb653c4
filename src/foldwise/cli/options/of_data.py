"""The options of the commands that fetch data and make folds."""

from argparse import ArgumentParser

from foldwise.cli.values import count, fold_count, names


def data(command: ArgumentParser) -> None:
    """What `foldwise data` takes."""
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


def folds(command: ArgumentParser) -> None:
    """What `foldwise folds` takes."""
    command.add_argument("name", metavar="COMPETITION", help="a folder in input/")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="only check the table that is there")
    how.add_argument("--force", action="store_true", help="replace a table with other folds")
    command.add_argument("--n", type=fold_count, metavar="FOLDS", help="how many folds (5)")
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
