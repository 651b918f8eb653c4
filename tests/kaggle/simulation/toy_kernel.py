"""A tiny kernel that keeps the rules of `foldwise kernel build`, and ways to break them.

It predicts a text's length, needs no model library, and installs a wheel called Foldwise.
"""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
import numpy as np

from foldwise.competition.competition import Competition
from foldwise.competition.loading import load_rows
from foldwise.kaggle.metadata import (
    KernelSources,
    write_dataset_metadata,
    write_kernel_metadata,
)
from foldwise.kaggle.package import Package, Purpose, write_package
from foldwise.predictions.table import Predictions

FIND = """import csv, hashlib, json, os, shutil, subprocess, sys, time
from pathlib import Path
root = Path(os.environ.get("FOLDWISE_KAGGLE_ROOT", "/kaggle"))
working = root / "working"
dataset = next((root / "input").rglob("foldwise-package.json")).parent
data = next((root / "input").rglob("sample_submission.csv")).parent
began = time.monotonic()"""
INSTALL = """pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
subprocess.run([*pip, "--find-links", str(dataset / "wheels"), "foldwise"], check=True)
import foldwise"""
SAFETY_NET = """def write(rows, state):
    with open(working / "submission.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\\n").writerows(rows)
    sha256 = hashlib.sha256((working / "submission.csv").read_bytes()).hexdigest()
    report = {"state": state, "rows": len(rows) - 1, "submission": sha256}
    (working / "kernel-report.json").write_text(json.dumps(report))

with open(data / "sample_submission.csv", newline="") as file:
    sample = list(csv.reader(file))
write(sample, "safety-net")"""
VERIFY = """package = json.loads((dataset / "foldwise-package.json").read_text())
for name, sha256 in package["files"].items():
    file = dataset / name
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
        raise RuntimeError(f"{name} is missing or damaged; attach the dataset anew")"""
PREDICT = """csv.field_size_limit(1 << 30)
if float(os.environ.get("FOLDWISE_KERNEL_SECONDS", "32400")) > 5:
    with open(data / "test.csv", newline="") as file:
        lengths = {row["id"]: len(row["text"]) / 100 for row in csv.DictReader(file)}
    write([sample[0], *([name, lengths[name]] for name, _ in sample[1:])], "complete")"""
CELLS = (FIND, INSTALL, SAFETY_NET, VERIFY, PREDICT)


def make_toy_kernel(
    folder: Path, run: str, *more: str, cells: Sequence[str] = CELLS, purpose: Purpose = "infer"
) -> Path:
    """`folder` as `foldwise kernel build` writes it; the cells `more` stand at the end."""
    (folder / "kernel").mkdir(parents=True)
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in (*cells, *more)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    (folder / "kernel" / "toy.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    write_kernel_metadata(folder / "kernel", "owner", "toy", KernelSources(), gpu=True)
    dataset = folder / "dataset"
    model = dataset / "runs" / run / "fold-0" / "model.safetensors"
    model.parent.mkdir(parents=True)
    model.write_bytes(bytes(1000))
    write_toy_wheel(dataset / "wheels")
    name = str(model.relative_to(dataset))
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    package = Package("toy", purpose, run, "tiny-regression", "", {name: sha256}, {})
    write_package(dataset, package)
    write_dataset_metadata(dataset, "owner", "toy package")
    return folder


def write_toy_wheel(folder: Path) -> None:
    """Write a wheel called Foldwise that holds nothing.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    folder.mkdir()
    about = "foldwise-0.0.1.dist-info"
    files = {
        "foldwise/__init__.py": '"""A toy."""\n',
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: foldwise\nVersion: 0.0.1\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{about}/RECORD"))
    with zipfile.ZipFile(folder / "foldwise-0.0.1-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, f"{about}/RECORD": record}.items():
            wheel.writestr(name, text)


def toy_predictions(competition: Competition, test: Path) -> Predictions:
    """What the toy kernel predicts for the rows of a test file."""
    rows = load_rows(test, competition)
    values = np.array([[len(text) / 100] for (text,) in rows.texts], dtype=np.float64)
    return Predictions(rows.ids, ("target",), values.reshape(-1, 1))


RESTORE = """found = (root / "input").rglob("lengths/fold-0/result.json")
earlier = [path.parent.parent for path in found]
if earlier:
    shutil.copytree(earlier[0], working / "runs" / "lengths")"""
# a session has time for one of two folds: whoever does not go on never ends
TRAIN = """runs = working / "runs" / "lengths"
results = [runs / f"fold-{fold}" / "result.json" for fold in (0, 1)]
for result in [result for result in results if not result.is_file()][:1]:
    result.parent.mkdir(parents=True)
    result.write_text(str(time.time_ns()))
left = sum(not result.is_file() for result in results)
if not left:
    (runs / "oof.csv").write_bytes((dataset / "oof.csv").read_bytes())
resumed = {"lengths": str(folder) for folder in earlier}
report = {"state": "partial" if left else "complete", "sessions_left": left}
(working / "kernel-report.json").write_text(json.dumps(report | {"resumed_from": resumed}))"""
FROM_SCRATCH = """earlier = []
if (root / "input" / "notebooks").is_dir():  # the second session, which has time for both folds
    result = working / "runs" / "lengths" / "fold-1" / "result.json"
    result.parent.mkdir(parents=True)
    result.write_text(str(time.time_ns()))"""


def make_toy_training(folder: Path, run: str, oof: bytes, restore: str = RESTORE) -> Path:
    """A kernel that trains in two sessions, and then has the table `oof`.

    `restore` is the cell that looks for what an earlier session left.
    """
    make_toy_kernel(folder, run, cells=(FIND, INSTALL, restore, TRAIN), purpose="train")
    (folder / "dataset" / "oof.csv").write_bytes(oof)
    return folder
