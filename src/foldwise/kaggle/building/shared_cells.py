"""The cells that both kernels begin with: they use nothing but Python until Foldwise is there."""

from collections.abc import Sequence

from foldwise.kaggle.building.notebook import Cell

FIND = '''
import hashlib
import json

MANIFEST = "foldwise-package.json"


def find_package(root, name, sha256):
    """The attached dataset of this notebook, wherever it is mounted."""
    names, found = {}, []
    for folder, _, files in os.walk(root / "input", followlinks=True):
        if MANIFEST in files:
            data = (Path(folder) / MANIFEST).read_bytes()
            names[folder] = json.loads(data)["name"]
            if names[folder] == name and sha256 in ("", hashlib.sha256(data).hexdigest()):
                found.append(Path(folder))
    if not found and name in names.values():
        raise FileNotFoundError(
            f"an older version of the package {name!r}, or another, is attached, not the one of "
            "this notebook: wait until the dataset is ready, then run: foldwise kernel push")
    if not found:
        raise FileNotFoundError(
            f"no dataset of the package {name!r} in {root / 'input'}, only of "
            f"{sorted(names.values())}; attach it to this notebook (Add Input), then run it again")
    return min(found)


FOLDER = find_package(ROOT, PACKAGE, PACKAGE_SHA256)
print("package:", FOLDER)
'''

INSTALL = """
import subprocess

WORKING = ROOT / "working"
SITE = WORKING / ".foldwise" / "site"  # a folder of its own: nothing of the image is changed
packed = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))["files"]
wheels = [name for name in packed if name.startswith("wheels/")]
for name in wheels:  # checked before a line of it runs
    if hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() != packed[name]:
        raise ImportError(f"{FOLDER / name} is damaged; upload the dataset again")
install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
           "--disable-pip-version-check", "--upgrade", "--target", str(SITE)]
subprocess.run([*install, *(str(FOLDER / name) for name in wheels)], check=True)
sys.path.insert(0, str(SITE))
os.environ["PYTHONPATH"] = os.pathsep.join(  # processes that this notebook starts find it there
    [str(SITE), *filter(None, [os.environ.get("PYTHONPATH")])])

import foldwise

if not Path(foldwise.__file__).is_relative_to(SITE):
    raise ImportError(f"foldwise comes from {foldwise.__file__}, not from the package's wheel")
print("foldwise", foldwise.__version__, "from", foldwise.__file__)
"""


def kernel_cells(what: str, parameters: str, steps: Sequence[tuple[str, str, str]]) -> list[Cell]:
    """The cells of a kernel: what it is, its parameters, finding and installing, and its steps.

    A step is its name, its title with what is to be said of it, and its code.
    """
    cells = [
        Cell("markdown", "what", what),
        Cell("markdown", "parameters-title", "## Parameters"),
        Cell("code", "parameters", parameters),
        *_find_and_install(),
    ]
    for key, title, source in steps:
        cells += [Cell("markdown", f"{key}-title", f"## {title}"), Cell("code", key, source)]
    return cells


def _find_and_install() -> list[Cell]:
    """The cells that find the package and install its wheel, offline."""
    return [
        Cell("markdown", "find-title", "## The inputs\n\nFound by searching: mounts change."),
        Cell("code", "find", FIND),
        Cell(
            "markdown",
            "install-title",
            "## Foldwise\n\nFrom the wheel in the package, without a network. What else it needs "
            "is in Kaggle's image.",
        ),
        Cell("code", "install", INSTALL),
    ]
