"""What learns in some stage of the training: asked for, not held, and at a rate above 0.

Most of it is known without the encoder. Where the number of its layers decides, the answer without
it is "may learn", and `learning_layers` has the exact one.
"""

import re

from foldwise.settings.experiment import Settings
from foldwise.settings.learning import Rates, Stage
from foldwise.settings.model import Encoder

LEARNING_POOLINGS = ("attention", "gem", "lstm", "gru")  # those with parameters of their own
LAYER = re.compile(r"layer (\d+)")


def pooling_learns(chosen: Settings) -> bool:
    """Whether there is a layer group "pooling": parameters between the encoder and the head."""
    pooling = chosen.pooling
    weighted = pooling.layers > 1 and pooling.combine == "weighted"
    kinds = {pooling.kind, pooling.beside}
    return bool(kinds & set(LEARNING_POOLINGS)) or pooling.bottleneck > 0 or weighted


def encoder_learns(chosen: Settings) -> bool:
    """Whether the embeddings or a layer of the encoder may learn in some stage."""
    return embeddings_learn(chosen) or layers_learn(chosen)


def embeddings_learn(chosen: Settings) -> bool:
    """Whether the embeddings learn in some stage."""
    return any(_embeddings_learn_in(stage, chosen.encoder) for stage in chosen.all_stages())


def layers_learn(chosen: Settings) -> bool:
    """Whether a layer of the encoder may learn in some stage."""
    return any(_layers_learn_in(stage, chosen.encoder) for stage in chosen.all_stages())


def top_layers_learning(chosen: Settings) -> int | None:
    """How many of the encoder's top layers may learn in some stage; None: all not held."""
    stages = [stage for stage in chosen.all_stages() if _layers_learn_in(stage, chosen.encoder)]
    if any(stage.train == "all" for stage in stages):
        return None
    return max((stage.train for stage in stages if isinstance(stage.train, int)), default=0)


def learning_layers(chosen: Settings, layers: int) -> set[int]:
    """The numbers of those of the encoder's `layers` layers that learn in some stage."""
    return {
        i
        for stage in chosen.all_stages()
        for i in range(_lowest(stage, layers), layers)
        if _layer_rate(stage.rates, i, layers) > 0 and not is_held(f"layer {i}", chosen.encoder)
    }


def something_learns_in(stage: Stage, chosen: Settings) -> bool:
    """Whether a layer group may learn in `stage`, one of the stages of `chosen`."""
    rates = stage.rates
    head = rates.top if rates.shape == "slice" else rates.head
    pooling = rates.pooling if rates.pooling != "auto" and rates.shape != "slice" else head
    groups = [f"head {i}" for i in range(len(chosen.head.hidden) + 1)]
    return (
        any(rates.groups.get(name, head) > 0 for name in (groups if groups[1:] else ["head"]))
        or (pooling_learns(chosen) and rates.groups.get("pooling", pooling) > 0)
        or _layers_learn_in(stage, chosen.encoder)
        or _embeddings_learn_in(stage, chosen.encoder)
    )


def is_held(group: str, encoder: Encoder) -> bool:
    """Whether `encoder.frozen` never lets the layer group called `group` learn."""
    number = LAYER.fullmatch(group)
    if encoder.frozen == "none" or not (number or group == "embeddings"):
        return False
    if number is None or encoder.frozen == "all":
        return True
    return isinstance(encoder.frozen, int) and int(number[1]) < encoder.frozen


def _embeddings_learn_in(stage: Stage, encoder: Encoder) -> bool:
    asked = stage.train == "all" and not is_held("embeddings", encoder)
    return asked and _embeddings_rate(stage.rates) > 0


def _embeddings_rate(rates: Rates) -> float:
    """The embeddings' rate; where it follows from the layers', a number that is 0 as it is."""
    if "embeddings" in rates.groups:
        return rates.groups["embeddings"]
    if rates.shape == "slice":
        return rates.top
    if rates.embeddings != "auto":
        return rates.embeddings
    return rates.top * (rates.bands[0] if rates.shape == "bands" else 1)


def _layers_learn_in(stage: Stage, encoder: Encoder) -> bool:
    if stage.train == "head" or encoder.frozen == "all":
        return False
    own = {name: rate for name, rate in stage.rates.groups.items() if LAYER.fullmatch(name)}
    if any(rate > 0 and not is_held(name, encoder) for name, rate in own.items()):
        return True
    return stage.rates.top > 0 and (stage.rates.shape != "bands" or any(stage.rates.bands))


def _layer_rate(rates: Rates, number: int, layers: int) -> float:
    """The rate of a layer; where it follows from the others', a number that is 0 as it is."""
    if (own := rates.groups.get(f"layer {number}")) is not None:
        return own
    below_top = layers - 1 - number  # the thirds are counted from the top
    band = rates.bands[2 - 3 * below_top // layers] if rates.shape == "bands" else 1
    return rates.top * band


def _lowest(stage: Stage, layers: int) -> int:
    """The lowest layer that `stage` asks for; `layers`: none of them."""
    if stage.train == "all":
        return 0
    return layers if stage.train == "head" else max(0, layers - stage.train)
