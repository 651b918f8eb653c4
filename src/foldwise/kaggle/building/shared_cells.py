"""The cells that both kernels begin with: they use nothing but Python until Foldwise is there."""

from foldwise.kaggle.building.notebook import Cell

FIND = '''
import json

MANIFEST = "foldwise-package.json"


def find_package(root, name):
    """The attached dataset of this notebook, wherever it is mounted."""
    names = {}
    for folder, _, files in os.walk(root / "input", followlinks=True):
        if MANIFEST in files:
            text = (Path(folder) / MANIFEST).read_text(encoding="utf-8")
            names[Path(folder)] = json.loads(text)["name"]
    found = sorted(folder for folder, called in names.items() if called == name)
    if not found:
        raise FileNotFoundError(
            f"no dataset of the package {name!r} in {root / 'input'}, only of "
            f"{sorted(names.values())}; attach it to this notebook (Add Input), then run it again")
    return found[0]


FOLDER = find_package(ROOT, PACKAGE)
print("package:", FOLDER)
'''

INSTALL = """
import subprocess

WORKING = ROOT / "working"
SITE = WORKING / ".foldwise" / "site"  # a folder of its own: nothing of the image is changed
install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
           "--disable-pip-version-check", "--upgrade", "--find-links", str(FOLDER / "wheels"),
           "--target", str(SITE), "foldwise"]
subprocess.run(install, check=True)
sys.path.insert(0, str(SITE))
os.environ["PYTHONPATH"] = os.pathsep.join(  # processes that this notebook starts find it there
    [str(SITE), *filter(None, [os.environ.get("PYTHONPATH")])])

import foldwise

if not Path(foldwise.__file__).is_relative_to(SITE):
    raise ImportError(f"foldwise comes from {foldwise.__file__}, not from the package's wheel")
print("foldwise", foldwise.__version__, "from", foldwise.__file__)
"""


def find_and_install() -> list[Cell]:
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
