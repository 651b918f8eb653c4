"""A Python for one kernel: what is installed here, but Foldwise only if the notebook installs it.

A virtual environment sees the packages of this interpreter through a folder of links, which lacks
what Kaggle's image lacks. An editable install cannot leak in: the files with which it extends the
path are not linked, and such files are not read from the folder of links anyway.
https://docs.python.org/3/library/site.html
"""

import os
import re
import site
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

LEFT_OUT = "foldwise|iterstrat|iterative_stratification"
ABSENT = re.compile(rf"(__editable__.*)?_*({LEFT_OUT})(?!_?[a-z]).*", re.I)
PASSED_ON = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
PIP = """#!{python}
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""


def make_python(folder: Path) -> Path:
    """The interpreter of a new environment in `folder`/venv, with pip, without Foldwise."""
    home = folder / "venv"
    venv.EnvBuilder(symlinks=True, with_pip=False).create(home)
    python = home / "bin" / "python"
    links = folder / "packages"
    _link_packages(links)
    own = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    (own / "site-packages" / "packages.pth").write_text(f"{links}\n", encoding="utf-8")
    pip = home / "bin" / "pip"
    pip.write_text(PIP.format(python=python), encoding="utf-8")
    pip.chmod(0o755)
    return python


def _link_packages(links: Path) -> None:
    """Link everything installed here into `links`; of two of a name, the one imported here."""
    links.mkdir()
    for entry in _installed():
        link = links / entry.name
        if not ABSENT.fullmatch(entry.name) and entry.suffix != ".pth" and not link.is_symlink():
            link.symlink_to(entry)


def _installed() -> Iterator[Path]:
    """All files and folders of this interpreter's package folders, in the order of its path."""
    folders = [*site.getsitepackages(), *([site.getusersitepackages()] if _uses_home() else [])]
    known = [Path(folder) for folder in folders]
    for folder in sorted(known, key=_place_on_path):
        if folder.is_dir():
            yield from sorted(folder.iterdir())


def _uses_home() -> bool:
    return bool(site.ENABLE_USER_SITE)


def _place_on_path(folder: Path) -> int:
    return sys.path.index(str(folder)) if str(folder) in sys.path else len(sys.path)


def kernel_environment(folder: Path, python: Path, **own: str) -> dict[str, str]:
    """All variables of the kernel: few, none that leads to this project; `own` are added."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **inherited,
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,  # no index, no folder of wheels but the notebook's
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "KAGGLE_KERNEL_RUN_TYPE": "Batch",
        **own,
    }
