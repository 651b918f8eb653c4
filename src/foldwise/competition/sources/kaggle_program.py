"""Competition files from Kaggle, through its own program."""

from pathlib import Path

from foldwise.competition.sources.running_kaggle import call_kaggle, reason
from foldwise.errors import DataError

DOWNLOAD_SECONDS = 3600


def download(slug: str, name: str, folder: Path) -> Path:
    """The ZIP archive of all files of the competition `slug`, downloaded into `folder`.

    Args:
        slug: the competition on Kaggle.
        name: the competition here, for messages.
        folder: an empty folder.

    Raises:
        DataError: the program is not there, is not authorised, the rules are not accepted, or it
            failed otherwise; with the next step.
    """
    arguments = ["competitions", "download", "-c", slug, "-p", str(folder)]
    called = call_kaggle(arguments, DOWNLOAD_SECONDS, slug)
    if called.fault:
        raise _failed(slug, name, called.fault)
    archive = folder / f"{slug}.zip"
    if not archive.is_file():  # some releases report a refusal with exit code 0
        raise _failed(slug, name, reason(slug, called.said, 0))
    return archive


def _failed(slug: str, name: str, why: str) -> DataError:
    return DataError(
        f"'kaggle competitions download -c {slug}' gave no files: {why}\n"
        f"  Then try again; or download the files in a browser from "
        f"https://www.kaggle.com/competitions/{slug}/data and run: "
        f"foldwise data {name} --from FOLDER"
    )
