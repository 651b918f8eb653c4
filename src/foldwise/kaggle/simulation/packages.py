"""The packages that run a notebook: an extra, since nothing else needs them."""

import importlib.util
import sys

from foldwise.errors import UsageError

NEEDED = ("nbclient", "nbformat", "ipykernel")


def check_packages() -> None:
    """Check that notebooks can be run here.

    Raises:
        UsageError: packages are missing; with the command that installs them.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"running a notebook needs {', '.join(NEEDED)}, but {sys.executable} lacks "
            f"{', '.join(missing)}; install them with: pip install 'foldwise[notebooks]', or in "
            f"a checkout: pip install -e '.[notebooks]'"
        )
