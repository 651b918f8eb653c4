"""The inference kernel's notebook: thin cells over `foldwise.kaggle.session`."""

from foldwise.kaggle.building.notebook import Cell
from foldwise.kaggle.building.shared_cells import kernel_cells
from foldwise.kaggle.building.time_limit import KAGGLE_SECONDS, in_words, notebook_seconds
from foldwise.kaggle.package import Headline

PARAMETERS = """
import os
import sys
import time
from pathlib import Path

BEGAN = time.monotonic()
PACKAGE = "{name}"
PACKAGE_SHA256 = "{sha256}"  # of its manifest; empty: any of this name
SECONDS = float(os.environ.get("FOLDWISE_KERNEL_SECONDS") or {seconds})  # for the whole notebook
ALLOW_FEWER_FOLDS = True  # a submission of the folds that were in time; False: the safety net
PRECISION = "auto"  # as in the training, where the device has it; or "fp32", "bf16", "fp16"

ROOT = Path(os.environ.get("FOLDWISE_KAGGLE_ROOT") or "/kaggle")
RERUN = bool(os.environ.get("KAGGLE_IS_COMPETITION_RERUN"))  # the run on the hidden test
print("hidden test" if RERUN else "public test", f"with {{SECONDS:,.0f}} s")
"""

SAFETY_NET = """
from foldwise.kaggle.session.inference import stage_inference
from foldwise.kaggle.session.safety_net import lay_safety_net
from foldwise.kaggle.session.session import begin

session = begin(FOLDER, root=ROOT, seconds=SECONDS, rerun=RERUN, began=BEGAN)
competition = stage_inference(session)
sample = lay_safety_net(session, competition)
print(f"submission.csv: {len(sample.ids):,} rows of {session.package.prior}")
"""

CHECK = """
from foldwise.kaggle.session.checks import check_package, check_room, check_versions
from foldwise.kaggle.session.devices import find_devices

check_package(session)  # SHA-256 of every file; a damaged one ends the notebook here
print("versions:", *(check_versions(session) or ["those of the build"]))
print(f"free: {check_room(session) / 1e9:,.1f} GB")
devices = find_devices()
print(*(device.name for device in devices.usable), *devices.remarks, sep="\\n")
"""

READ = """
from foldwise.kaggle.session.inference import read_test
from foldwise.kaggle.session.safety_net import sample_of_test

test = read_test(session, competition)
sample = sample_of_test(session, sample, test, competition)
print(f"{len(test):,} rows, ids", *test.ids[:3], "...")
"""

PREDICT = """
from foldwise.kaggle.session.inference import predict_test

predicted = predict_test(session, test, devices, PRECISION)
print(*predicted.lines(), sep="\\n")
"""

BLEND = """
from foldwise.kaggle.session.inference import blend

blended = blend(session, test, predicted, allow_fewer_folds=ALLOW_FEWER_FOLDS)
print("no blend: the safety net stays" if blended is None else f"{len(blended):,} rows blended")
"""

SUBMIT = """
from foldwise.kaggle.session.inference import submit

submit(session, sample, blended)
with open(session.submission, encoding="utf-8") as file:
    print(*[line.rstrip() for _, line in zip(range(4), file)], sep="\\n")
"""

REPORT = """
from foldwise.kaggle.session.inference import finish
from foldwise.kaggle.session.picture import draw_predictions
from IPython.display import Image, display

report = finish(session, test, predicted, blended)
print(*report.lines(), sep="\\n")
if blended is not None and not RERUN:  # last, and where somebody looks at it
    display(Image(filename=str(draw_predictions(session, blended))))
"""

STEPS = (
    ("safety-net", "A safety net\n\nA valid submission before anything can go wrong.", SAFETY_NET),
    ("check", "Is everything whole?\n\nFiles, versions, disk, one real GPU operation.", CHECK),
    ("read", "The test rows\n\nExactly as they stand in the file.", READ),
    (
        "predict",
        "Predictions\n\nOne process a GPU; every member's first fold, then the second.",
        PREDICT,
    ),
    ("blend", "The blend\n\nBy id, with the formula fitted on OOF predictions.", BLEND),
    ("submit", "The submission\n\nChecked against the sample, whole or not at all.", SUBMIT),
    ("report", "Report", REPORT),
)


def inference_cells(
    name: str,
    run: str,
    competition: str,
    headline: Headline,
    sha256: str = "",
    max_seconds: float = KAGGLE_SECONDS,
) -> list[Cell]:
    """The cells of the kernel `name`, which predicts the test rows of `competition` with `run`.

    `max_seconds` are what a session may take in all; `sha256` is of the package's manifest.
    """
    seconds = notebook_seconds(max_seconds)
    parameters = PARAMETERS.format(name=name, sha256=sha256, seconds=seconds)
    what = what_it_is(run, competition, headline, max_seconds)
    return kernel_cells(what, parameters, STEPS)


def what_it_is(run: str, competition: str, headline: Headline, max_seconds: float) -> str:
    """The first cell: the run, its score on rows its models did not see, and what to expect."""
    error = "" if headline.standard_error is None else f" ± {headline.standard_error:.4f}"
    expected = (
        "What the leaderboard will show cannot be told."
        if headline.low is None or headline.high is None
        else f"On the leaderboard, nine times in ten: **{headline.low:.4f} to {headline.high:.4f}**"
        " (if its rows are like the training rows, and as many as the public test's)."
    )
    return (
        f"# {run}: {competition}\n\n"
        f"Predicts the test rows with the models of the Foldwise run `{run}`, offline.\n\n"
        f"Out-of-fold {headline.metric}: **{headline.value:.4f}{error}** on {headline.rows:,} "
        f"training rows, each predicted by a model that did not see it. {expected}\n\n"
        f"{in_words(max_seconds)} "
        "If the time runs out the notebook ends well, with the folds that were in time, or the "
        "prior as its submission. If a file of the package is damaged it fails, and names the file."
    )
