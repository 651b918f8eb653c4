"""Typed settings of an experiment: a unit and a range on every field, unknown keys forbidden.

An experiment's TOML says only what differs from the defaults below; `key=value` on the command line
overrides it. Where a value is to be tuned, a range stands in its place.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from foldwise.errors import Complaints, UsageError, did_you_mean

Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=1)]  # a peak learning rate
FAST_ROWS, FAST_TOKENS = 800, 64  # of --fast
Count = Annotated[int, Field(ge=1)]
ALTERNATIVE = re.compile(r"(constrained|literal|float$|int$)")  # pydantic's names in a union


class Section(BaseModel):
    """A table of settings that refuses unknown keys, takes no NaN, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Encoder(Section):
    """The pretrained transformer."""

    name: str = "minilm-l6"  # a folder, an installed package, or a name on the hub
    max_length: Annotated[int, Field(ge=4, le=8192)] = 256  # tokens, special ones included
    dropout: Share | Literal["auto"] = "auto"  # auto: 0 in regression, else the encoder's own
    attention: Literal["auto", "sdpa", "eager"] = "auto"


class Pooling(Section):
    """From the tokens' vectors to one vector a text."""

    kind: Literal["mean", "first", "attention"] = "mean"
    layers: Annotated[int, Field(ge=1, le=64)] = 1  # the last n hidden layers, concatenated
    hidden: Count = 512  # width of the attention's hidden layer
    with_first: bool = False  # put the first token's vector beside the pooled one


class Head(Section):
    """From the vector to the outputs: dropout and one linear layer."""

    dropout: Share = 0.0


class Rates(Section):
    """Peak learning rates, layer group by layer group."""

    head: Rate = 1e-3  # pooling and head, which start from random weights
    top: Rate = 1e-4  # the last encoder layer
    shape: Literal["decay", "linear"] = "decay"
    decay: Annotated[float, Field(gt=0, le=1)] = 1.0  # decay: each layer's share of the one above
    span: Annotated[float, Field(ge=1)] = 5.0  # linear: the top layer's multiple of layer 0's rate
    every: Count = 1  # linear: this many layers share a rate
    embeddings: Rate | Literal["auto"] = "auto"  # auto: follows the shape below layer 0; 0: frozen


class Optimizer(Section):
    """AdamW. https://arxiv.org/abs/1711.05101."""

    weight_decay: Annotated[float, Field(ge=0)] = 0.01  # never on biases and norms
    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    max_norm: Annotated[float, Field(gt=0)] = 1.0  # of the whole gradient; larger ones are scaled


class Schedule(Section):
    """One factor for all rates, step by step."""

    kind: Literal["linear", "cosine", "constant"] = "linear"
    warmup: Share = 0.1  # share of all steps


class Training(Section):
    """How long, how much at once, how often evaluated."""

    epochs: Annotated[float, Field(gt=0)] = 2.0
    batch_size: Count = 16  # texts an optimizer step
    micro_batch_tokens: Count = 16384  # padded tokens at once; larger batches are accumulated
    evaluations_per_epoch: Count = 2
    keep: Literal["best", "last"] = "best"  # which weights predict
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 60.0  # at least this long between two
    rows: Annotated[int, Field(ge=0)] = 0  # train on so many, chosen by id; 0: all
    folds: Annotated[int, Field(ge=0)] = 0  # merge the table's folds into so many; 0: as they are


Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]


class Hardware(Section):
    """What it runs on; resolved once, then part of the run."""

    device: Device = "auto"
    precision: Precision = "auto"  # auto: the fastest that works here
    threads: Annotated[int, Field(ge=0)] = 0  # of one worker on a CPU; 0: all cores


def _ascending(lengths: tuple[int, int]) -> tuple[int, int]:
    if lengths[0] > lengths[1]:
        raise ValueError("the shortest length comes first")
    return lengths


Lengths = Annotated[tuple[Count, Count], AfterValidator(_ascending)]  # the shortest, the longest


class Tfidf(Section):
    """TF-IDF of words and characters, with ridge or logistic regression."""

    words: Lengths = (1, 2)  # of word n-grams
    characters: Lengths = (2, 5)  # of character n-grams, inside words
    min_rows: Count = 2  # n-grams in fewer rows are dropped
    penalty: Annotated[float, Field(gt=0)] = 1.0  # ridge: alpha; logistic: 1 / C


class Settings(Section):
    """Everything an experiment can say."""

    competition: str
    kind: Literal["encoder", "tfidf"] = "encoder"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    encoder: Encoder = Encoder()
    pooling: Pooling = Pooling()
    head: Head = Head()
    rates: Rates = Rates()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    training: Training = Training()
    hardware: Hardware = Hardware()
    tfidf: Tfidf = Tfidf()

    def flat(self) -> dict[str, Any]:
        """Every value by its dotted name, such as `rates.top`."""
        return dict(_flattened(self.model_dump(mode="json")))


def small_form(chosen: Settings) -> Settings:
    """`chosen` cut down to a minute on two cores: the same path, fewer rows, folds, tokens."""
    smaller = {
        "rows": min(chosen.training.rows or FAST_ROWS, FAST_ROWS),
        "folds": 2,
        "epochs": min(chosen.training.epochs, 1.0),
        "evaluations_per_epoch": 1,
    }
    training = chosen.training.model_copy(update=smaller)
    length = min(chosen.encoder.max_length, FAST_TOKENS)
    encoder = chosen.encoder.model_copy(update={"max_length": length})
    return chosen.model_copy(update={"training": training, "encoder": encoder})


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> Settings:
    """The settings in the TOML file `path`, with `key=value` overrides on top.

    Raises:
        UsageError: no TOML, an unknown key (names the nearest), a value of another type or out of
            its range, or a range that only tuning resolves; all at once.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"no settings: {path} does not exist; restore it or write it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} must be TOML in UTF-8: {error}") from None
    complaints = Complaints()
    for override in overrides:
        complaints.extend(_apply(table, override))
    complaints.raise_if_any(UsageError)
    return checked_settings(table, str(path))


def checked_settings(table: Mapping[str, Any], where: str) -> Settings:
    """`table` as Settings; `where` names it in messages.

    Raises:
        UsageError: see `load_experiment`.
    """
    complaints = Complaints()
    for key, _ in _ranges(table):
        complaints.add(f"{where}: {key} is a range, which only tuning resolves; give it a value")
    complaints.raise_if_any(UsageError)
    try:  # as JSON, where strictness takes a list for a tuple but no "1" or true for 1
        return Settings.model_validate_json(json.dumps(table, default=str), strict=True)
    except ValidationError as error:
        complaints.extend(f"{where}: {message}" for message in _explained(error))
        complaints.raise_if_any(UsageError)
        raise  # pydantic reports at least one error


def dump_toml(settings: Settings) -> str:
    """`settings` as TOML that `load_experiment` reads back to equal settings."""
    table = settings.model_dump(mode="json")
    lines = [f"{key} = {_literal(value)}" for key, value in table.items() if _is_leaf(value)]
    for name, section in table.items():
        if not _is_leaf(section):
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {_literal(value)}" for key, value in section.items()]
    return "\n".join(lines) + "\n"


def _is_leaf(value: object) -> bool:
    return not isinstance(value, dict)


def _literal(value: object) -> str:
    """A TOML literal: strings, numbers, booleans and lists are written as in JSON.

    Except that TOML has no surrogate pairs, so that characters stand as they are, and escapes DEL.
    https://toml.io/en/v1.0.0#string
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _apply(table: dict[str, Any], override: str) -> list[str]:
    """Complaints about an override, which is in `table` if there are none."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        return [f"an override is key=value, such as rates.top=2e-5: got {override!r}"]
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()  # a word needs no quotation marks on the command line
    *sections, leaf = key.strip().split(".")
    for section in sections:
        inner = table.setdefault(section, {})
        if not isinstance(inner, dict):
            return [f"{key.strip()!r} is no setting: {section!r} holds a value, no table"]
        table = inner
    table[leaf] = value
    return []


def _flattened(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in table.items():
        inner = _flattened(value, f"{prefix}{key}.") if isinstance(value, dict) else None
        pairs += [(f"{prefix}{key}", value)] if inner is None else inner
    return pairs


def _ranges(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            is_range = {"low", "high"} <= value.keys() or "choices" in value
            found += [(f"{prefix}{key}", value)] if is_range else _ranges(value, f"{prefix}{key}.")
    return found


def _explained(error: ValidationError) -> list[str]:
    """Pydantic's errors in words, one a key: the rule, the value received, the nearest name."""
    rules: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    messages: list[str] = []
    for fault in error.errors():
        location = [str(part) for part in fault["loc"] if not ALTERNATIVE.match(str(part))]
        key = ".".join(location)
        if fault["type"] == "extra_forbidden":
            messages.append(f"unknown setting {key!r}; {_nearest(location)}")
        elif fault["type"] == "missing":
            messages.append(f"the setting {key!r} is missing; add it")
        else:
            rules.setdefault(key, []).append(fault["msg"].removeprefix("Value error, "))
            values[key] = fault["input"]
    for key, texts in rules.items():  # one a key, though each alternative of its type has its own
        rule = " or ".join(text.removeprefix("Input should be ") for text in texts)
        must = " must be" if texts[0].startswith("Input should be ") else ":"
        messages.append(f"{key}{must} {rule}, got {values[key]!r}")
    return messages


def _nearest(location: Sequence[str]) -> str:
    section = Settings.model_fields[location[0]].annotation if len(location) > 1 else Settings
    return did_you_mean(location[-1], getattr(section, "model_fields", {}))
