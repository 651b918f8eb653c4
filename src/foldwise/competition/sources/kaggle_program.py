"""Competition files from Kaggle, through its own program."""

from pathlib import Path

from foldwise.competition.sources.running_kaggle import Called, call_kaggle, reason
from foldwise.errors import FoldwiseError

DOWNLOAD_SECONDS = 3600


def download(slug: str, name: str, folder: Path) -> Path:
    """The ZIP archive of all files of the competition `slug`, downloaded into `folder`.

    Args:
        slug: the competition on Kaggle.
        name: the competition here, for messages.
        folder: an empty folder.

    Raises:
        UsageError: the program is not there; with the next step, as of all else.
        DataError: it is not authorised, the rules are not accepted, or it failed otherwise.
    """
    arguments = ["competitions", "download", "-c", slug, "-p", str(folder)]
    called = call_kaggle(arguments, DOWNLOAD_SECONDS, slug)
    if called.fault:
        raise _failed(slug, name, called)
    archive = folder / f"{slug}.zip"
    if not archive.is_file():  # some releases report a refusal with exit code 0
        raise _failed(slug, name, Called(reason(slug, called.said, 0), called.said))
    return archive


def _failed(slug: str, name: str, called: Called) -> FoldwiseError:
    return called.kind(
        f"'kaggle competitions download -c {slug}' gave no files: {called.fault}\n"
        f"  Then try again; or download the files in a browser from "
        f"https://www.kaggle.com/competitions/{slug}/data and run: "
        f"foldwise data {name} --from FOLDER"
    )
