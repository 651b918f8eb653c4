"""The encoder that a training starts from: in its package, or attached to its notebook.

Kaggle mounts what is attached at `datasets/OWNER/SLUG` and `models/OWNER/MODEL/FRAMEWORK/VARIATION/
VERSION` below the inputs; older notebooks see both without the kind and the owner.
"""

from pathlib import Path

from foldwise.encoders import EncoderFiles, fingerprint
from foldwise.errors import UsageError
from foldwise.kaggle.session.finding import folders_below
from foldwise.kaggle.session.session import Session


def encoder_folder(session: Session) -> Path:
    """The folder of the training's encoder, with its config and weights.

    Raises:
        UsageError: what is to be attached is not, or holds more than one encoder.
    """
    package = session.package
    if package.encoder:
        return session.folder / package.encoder
    found = _different(_attached(session, package.encoder_source))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"no folder with config.json and safetensors in {session.input} belongs to "
            f"{package.encoder_source!r}; attach it to this notebook (Add Input), then run it again"
        )
    raise UsageError(
        f"{package.encoder_source!r} must hold one encoder, but {len(found)} folders have a "
        f"config.json and safetensors: {', '.join(map(str, found))}; attach a dataset with one of "
        f"them alone"
    )


def _attached(session: Session, source: str) -> list[Path]:
    """The folders of encoders in the input `source`, as KIND/OWNER/... on Kaggle.

    Where it is mounted with its owner it is not looked for by its other names alone.
    """
    _, *names = (part.casefold() for part in source.split("/"))
    encoders = [
        folder
        for folder in folders_below(session.input)
        if session.folder not in (folder, *folder.parents) and _is_encoder(folder)
    ]
    for wanted in (names, names[1:]):
        fits = [x for x in encoders if _holds(x.relative_to(session.input).parts, wanted)]
        if fits:
            return fits
    return []


def _is_encoder(folder: Path) -> bool:
    files = EncoderFiles(folder.name, folder, "kaggle input")
    return (folder / "config.json").is_file() and bool(files.weights())


def _holds(parts: tuple[str, ...], wanted: list[str]) -> bool:
    """Whether the `wanted` names stand one after the other among the parts of a path."""
    slugs = [part.casefold() for part in parts]
    return any(slugs[i : i + len(wanted)] == wanted for i in range(len(slugs)))


def _different(folders: list[Path]) -> list[Path]:
    """The first of the folders that compute the same: one input may be mounted twice."""
    if len(folders) < 2:
        return folders
    first: dict[str, Path] = {}
    for folder in folders:
        first.setdefault(fingerprint(EncoderFiles(folder.name, folder, "kaggle input")), folder)
    return list(first.values())
