"""Settings of where a run's curves and scores are shown besides its own folder."""

from typing import Annotated

from pydantic import StringConstraints

from foldwise.settings.section import Section

DatabasePath = Annotated[str, StringConstraints(pattern=r"^([^:]+\.db)?$")]
ProjectName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,128}$")]


class Tracking(Section):
    """Trackers, which are told what the run journals; they change no result, and no run."""

    tensorboard: bool = False  # event files in the run's folder tensorboard/, without a server
    mlflow: DatabasePath = ""  # an SQLite file, such as mlruns.db, from the project's folder on
    wandb: ProjectName = ""  # the project of an offline run in the run's folder wandb/
