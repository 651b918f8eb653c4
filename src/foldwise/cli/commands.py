"""The commands; nothing is imported here but what parsing needs."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import NamedTuple

from foldwise.cli.options import of_data, of_kernels, of_results, of_training


class Command(NamedTuple):
    """One command of the command line.

    Attributes:
        module: of `foldwise.cli`, with the function `run`.
        does: one line for the list of commands.
        example: a command line that works in a project.
        options: adds what the command takes to its parser.
        listed: the argument that takes any number of words, before and after options; empty: none.
        parts: commands of two words, of which this is the first.
    """

    name: str
    module: str
    does: str
    example: str
    options: Callable[[ArgumentParser], None]
    listed: str = ""
    parts: tuple["Command", ...] = ()


KERNEL_COMMANDS = (
    Command(
        "build",
        "kernel_build",
        "a folder ready to push: the notebook, and the dataset it is attached to",
        "foldwise kernel build movie-valence-minilm --infer",
        of_kernels.build,
    ),
    Command(
        "simulate",
        "kernel_simulate",
        "run a built kernel offline as Kaggle would, case by case",
        "foldwise kernel simulate kernels/movie-valence-minilm-infer --case hidden",
        of_kernels.simulate,
    ),
    Command(
        "push",
        "kernel_push",
        "upload the dataset and the notebook with the kaggle program",
        "foldwise kernel push kernels/movie-valence-minilm-infer",
        of_kernels.push,
    ),
)

COMMANDS = (
    Command(
        "run",
        "everything",
        "everything: data, folds, train, ensemble, submission, report",
        "foldwise run movie-valence-minilm movie-valence-tfidf",
        of_training.run,
        "experiments",
    ),
    Command(
        "data",
        "data",
        "fetch a competition's files, check and describe them",
        "foldwise data movie-valence",
        of_data.data,
    ),
    Command(
        "folds",
        "folds",
        "make the fold table, or check it",
        "foldwise folds movie-valence --n 5",
        of_data.folds,
    ),
    Command(
        "train",
        "train",
        "train an experiment's folds; goes on where it was",
        "foldwise train movie-valence-minilm rates.top=2e-5 --name lower --folds 0,1",
        of_training.train,
        "overrides",
    ),
    Command(
        "ablate",
        "ablate",
        "what one setting after the other changes, with standard errors",
        "foldwise ablate movie-valence-minilm pooling.kind=first,attention --seeds 0,1",
        of_training.ablate,
        "variants",
    ),
    Command(
        "tune",
        "tune",
        "find the best values of an experiment's ranges; goes on where it was",
        "foldwise tune movie-valence-minilm-tune --trials 50 --max-time 6h",
        of_training.tune,
        "overrides",
    ),
    Command(
        "lr-find",
        "lr_find",
        "a learning-rate range test: where the loss falls, and where it diverges",
        "foldwise lr-find movie-valence-minilm --steps 60",
        of_training.lr_find,
        "overrides",
    ),
    Command(
        "ensemble",
        "ensemble",
        "blend finished runs into a run of its own",
        "foldwise ensemble movie-valence-minilm movie-valence-tfidf --weights 3,1 --name blend",
        of_results.ensemble,
        "runs",
    ),
    Command(
        "compare",
        "compare",
        "which of two runs is better, by how much, and how surely",
        "foldwise compare movie-valence-minilm movie-valence-tfidf",
        of_results.compare,
    ),
    Command(
        "report",
        "report",
        "a page on runs for a browser: scores, curves, errors, worst rows, data",
        "foldwise report movie-valence-minilm movie-valence-tfidf",
        of_results.report,
        "runs",
    ),
    Command(
        "submit",
        "submit",
        "a checked submission from a finished run",
        "foldwise submit movie-valence-minilm --name first",
        of_results.submit,
    ),
    Command(
        "kernel",
        "",
        "Kaggle kernels that train or predict: build, simulate, push",
        KERNEL_COMMANDS[0].example,
        of_results.nothing,
        parts=KERNEL_COMMANDS,
    ),
    Command(
        "predict",
        "predict",
        "predict new rows, or texts",
        'foldwise predict movie-valence-minilm "A film to remember."',
        of_results.predict,
        "texts",
    ),
    Command(
        "runs", "runs", "a table of runs with their OOF scores", "foldwise runs -v", of_results.runs
    ),
    Command(
        "doctor",
        "doctor",
        "versions, hardware, disk, encoders, network",
        "foldwise doctor --json",
        of_results.nothing,
    ),
)
