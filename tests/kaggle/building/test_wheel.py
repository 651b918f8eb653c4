"""The wheel, beside what pip makes of it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import foldwise
from foldwise.kaggle.building.wheel import write_wheel
from foldwise.training.manifest import CODE

PACKAGE = Path(foldwise.__file__).parent


def test_the_same_code_makes_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_wheel(tmp_path / name) for name in ("a", "b"))
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_it_holds_every_module_as_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(write_wheel(tmp_path)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    own = {f"foldwise/{path.relative_to(PACKAGE)}": path for path in PACKAGE.rglob("*.py")}
    assert {name for name in held if name.endswith(".py")} == set(own)
    assert all(held[name] == path.read_bytes() for name, path in own.items())
    assert "foldwise/py.typed" in held
    assert not [name for name in held if "__pycache__" in name]


def test_pip_installs_it_offline_and_it_runs_the_same_code(tmp_path: Path) -> None:
    write_wheel(tmp_path / "wheels")
    site = tmp_path / "site"
    # pip checks the hash of every file against the wheel's record
    install = ["install", "--quiet", "--no-index", "--no-deps", "--target", str(site)]
    subprocess.run(
        [sys.executable, "-m", "pip", *install, "--find-links", str(tmp_path / "wheels"), NAME],
        check=True,
    )
    for part in CODE:
        for path in (PACKAGE / part).rglob("*.py"):
            assert (site / path.relative_to(PACKAGE.parent)).read_bytes() == path.read_bytes()
    program = f"import sys; sys.path.insert(0, {str(site)!r}); import foldwise; "
    program += "print(foldwise.__file__, foldwise.__version__)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(site / "foldwise" / "__init__.py"), foldwise.__version__]


NAME = "foldwise"
