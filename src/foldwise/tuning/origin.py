"""What a study is of: a study goes on only with what it was begun with."""

from collections.abc import Mapping
from typing import Any

from foldwise.encoders import fingerprint, resolve_encoder
from foldwise.errors import UsageError, listed
from foldwise.settings import Choices
from foldwise.storage import sha256_of_file, sha256_of_strings
from foldwise.training.manifest import code_hash, has_effect
from foldwise.tuning.plan import Plan


def origin_of(plan: Plan) -> dict[str, Any]:
    """What the study's results depend on: hashes and plain values, by name."""
    chosen = plan.settings(plan.defaults)
    names = {chosen.encoder.name} if chosen.kind == "encoder" else set()
    for tunable in plan.experiment.ranges:
        if isinstance(tunable, Choices) and tunable.name == "encoder.name":
            names |= set(tunable.choices)
    prints = [fingerprint(resolve_encoder(name)) for name in sorted(names)]
    runs = {name: sha256_of_file(plan.project.run(name) / "oof.csv") for name in plan.partners}
    tuned = {tunable.name for tunable in plan.experiment.ranges}
    values = chosen.flat().items()
    return {
        "settings": {key: value for key, value in values if key not in tuned and has_effect(key)},
        "ranges": {r.name: _written(r) for r in plan.experiment.ranges},
        "folds trained": list(plan.folds),
        "pruner": plan.pruner,
        "level": plan.level,
        "with": runs,
        "data": plan.corpus.data_hash,
        "folds": plan.corpus.folds_hash,
        "encoder": sha256_of_strings(*prints),
        "code": code_hash(),
    }


def check_same_origin(plan: Plan, origin: Mapping[str, Any]) -> None:
    """Refuse to go on with a study of something else.

    Raises:
        UsageError: names each difference.
    """
    now, before = _flat(origin_of(plan)), _flat(origin)
    before = {key: value for key, value in before.items() if has_effect(_setting(key))}
    differing = [key for key in dict.fromkeys([*before, *now]) if before.get(key) != now.get(key)]
    if differing:
        listing = "".join(f"\n  - {_said(key, before, now)}" for key in differing)
        raise UsageError(
            f"a study goes on only with what it was begun with, but of {plan.folder} there "
            f"differ:{listing}\nGive the new study another name (--name), or set this one aside "
            f"(--fresh)"
        )


def _written(tunable: Any) -> list[Any]:
    """A range as plain values."""
    if isinstance(tunable, Choices):
        return [list(tunable.choices), tunable.default]
    return [tunable.low, tunable.high, tunable.log, tunable.step, tunable.default]


def _flat(origin: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in origin.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}: {name}": inner for name, inner in value.items()}
        else:
            flat[key] = value
    return flat


def _setting(key: str) -> str:
    """The dotted name of a setting in a flat origin; any other key as it is."""
    return key.removeprefix("settings: ")


def _said(key: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    if key in {"data", "folds", "encoder", "code"} or key.startswith("with"):
        return f"{key}: changed since the study began"
    old, new = (listed([part.get(key, "nothing")]) for part in (before, now))
    return f"{key}: the study has {old}, now asked for {new}"
