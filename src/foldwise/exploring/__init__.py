"""Tables and pictures for notebooks: of a competition's data, and of a finished run."""

from foldwise.exploring.data_view import DataView, explore
from foldwise.exploring.run_view import RunView, read_run

__all__ = ["DataView", "RunView", "explore", "read_run"]
