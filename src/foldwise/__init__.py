"""From a text competition to a leaderboard submission its owner can trust."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("foldwise")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+uninstalled"
