"""The Hugging Face hub and its cache on this machine: asked within seconds, or not at all."""

import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", flags=re.ASCII)
OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
ANSWER_SECONDS = 5.0  # how long the hub may take to answer at all


def cache() -> Path:
    """The folder the hub's client keeps its downloads in."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE)


def cached_folder(name: str) -> Path | None:
    """The folder of the model `name` in the cache; None where its config.json is not cached."""
    from huggingface_hub import try_to_load_from_cache

    if not NAME.fullmatch(name):
        return None
    config = try_to_load_from_cache(name, "config.json", cache_dir=cache())
    return Path(config).parent if isinstance(config, str) else None  # else: known to be missing


def cached_names() -> list[str]:
    """The names of all models in the cache."""
    folders = sorted(cache().glob("models--*"))
    return [path.name.removeprefix("models--").replace("--", "/") for path in folders]


def download(name: str, patterns: Sequence[str]) -> Path:
    """The folder of the model `name` in the cache, with the files that fit `patterns`.

    Raises:
        OSError: the connection broke, or the hub refuses.
        ValueError: the name cannot be one.
    """
    from huggingface_hub import snapshot_download

    folder = snapshot_download(name, etag_timeout=ANSWER_SECONDS, allow_patterns=list(patterns))
    return Path(folder)


def obstacle(name: str) -> str:
    """Why the model `name` cannot be downloaded; empty where it can be tried."""
    if not NAME.fullmatch(name):
        return f"{name!r} cannot be a name there (owner/name)"
    for variable in OFFLINE_VARIABLES:
        if os.environ.get(variable, "").upper() in {"1", "ON", "YES", "TRUE"}:
            return f"not asked, since {variable} is set"
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    return _silence_of(f"{endpoint}/api/models/{name}")


def _silence_of(url: str) -> str:
    """Why `url` does not answer; empty if it answers.

    Asked before the hub's own client, which tries again for 24 seconds where there is no network;
    in a thread, since looking up a host's name obeys no timeout.
    """
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(_answer_of(url)), daemon=True)
    asking.start()
    asking.join(ANSWER_SECONDS)
    return answers[0] if answers else f"no answer from {url} within {ANSWER_SECONDS:g} s"


def _answer_of(url: str) -> str:
    """What stands against a download; empty where nothing does."""
    from urllib.error import HTTPError  # 50 ms, which only a download has to pay
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=ANSWER_SECONDS):  # noqa: S310 - the endpoint is the user's own
            return ""
    except HTTPError as error:
        # Anything else, such as 401 or 429, is for the hub's client, which knows the user's token.
        return f"{url} says: there is no such model" if error.code == 404 else ""
    except (OSError, ValueError) as error:
        return f"offline: {url} cannot be reached ({error})"
