"""Layer-wise learning rates, and which layer groups learn at all.

A layer group is known here by its name alone: "embeddings", "layer 0" .. "layer n-1", then
"pooling" if it has parameters, and "head", or "head 0" .. "head n" of a head with several layers.
"""

from collections.abc import Sequence

from foldwise import settings
from foldwise.errors import Complaints, UsageError, did_you_mean


def layer_rates(names: Sequence[str], rates: settings.Rates) -> dict[str, float]:
    """The peak learning rate of each layer group, in the order of `names`: bottom up.

    The shape says what the encoder's layers learn at, and the embeddings where `rates.embeddings`
    is "auto". Everything above learns at the head's rate, the pooling at its own if it has one. In
    the shape "slice" the rates rise over all groups alike. `rates.groups` wins over all of it.

    Raises:
        UsageError: `rates.groups` names what is no layer group of this model; suggests the nearest.
    """
    complaints = Complaints()
    for name in rates.groups:
        if name not in names:
            complaints.add(
                f"rates.groups: this model has no layer group {name!r}; {did_you_mean(name, names)}"
            )
    complaints.raise_if_any(UsageError)
    if rates.shape == "slice":
        return dict(zip(names, _slice(len(names), rates), strict=True)) | rates.groups
    layers = layers_of(names)
    peaks = dict.fromkeys(names, rates.head)
    peaks |= dict(zip(layers, _encoder_peaks(len(layers), rates), strict=True))
    if "embeddings" in peaks:
        peaks["embeddings"] = _embeddings_peak(len(layers), rates)
    if "pooling" in peaks and rates.pooling != "auto":
        peaks["pooling"] = rates.pooling
    return peaks | rates.groups


def layers_of(names: Sequence[str]) -> list[str]:
    """The encoder layers among the layer groups, bottom up; ALBERT's shared ones are one."""
    return [name for name in names if name.startswith("layer ")]


def frozen_groups(names: Sequence[str], rates: settings.Rates) -> list[str]:
    """The layer groups whose rate is zero: they are not trained at all."""
    return [name for name, peak in layer_rates(names, rates).items() if peak == 0]


def trained_groups(
    names: Sequence[str], stage: settings.Stage, encoder: settings.Encoder
) -> list[str]:
    """The layer groups that learn in a stage, bottom up.

    `stage.train` asks for them; `encoder.frozen` and rates of zero take from them. That there are
    so many layers is checked before, for all settings at once: `unfit_for_layers`.

    Raises:
        UsageError: no group is left to learn, or see `layer_rates`.
    """
    layers = layers_of(names)
    still = {*_held(names, encoder), *frozen_groups(names, stage.rates)}
    below = set(names) - set(_above_encoder(names))
    if stage.train != "all":
        wanted = 0 if stage.train == "head" else stage.train
        still |= below - set(layers[len(layers) - wanted :])
    learning = [name for name in names if name not in still]
    if not learning:
        raise UsageError(
            f"nothing would learn in a stage with train={stage.train!r}: encoder.frozen and rates "
            f"of 0 leave no layer group; raise rates.head, or another rate that is 0"
        )
    return learning


def _above_encoder(names: Sequence[str]) -> list[str]:
    return [name for name in names if name != "embeddings" and name not in layers_of(names)]


def _held(names: Sequence[str], encoder: settings.Encoder) -> list[str]:
    """The layer groups that `encoder.frozen` never lets learn."""
    if encoder.frozen == "none":
        return []
    count = encoder.frozen if isinstance(encoder.frozen, int) else 0
    lowest = layers_of(names) if encoder.frozen == "all" else layers_of(names)[:count]
    return [name for name in names if name == "embeddings" or name in lowest]


def _encoder_peaks(layers: int, rates: settings.Rates) -> list[float]:
    """The rates of the encoder's layers, bottom up; all of them counted from the top.

    decay: each layer is a share of the one above, https://arxiv.org/abs/1801.06146 section 3.2.
    linear: equal steps from `top / span` at layer 0 up to `top`, one for every `every` layers.
    bands: thirds of the layers; those left over make the upper thirds longer, so that the last
    layer is always in the upper third: of four layers, one is lower, one middle, two upper.
    """
    below = list(reversed(range(layers)))  # how many layers below the top each one is
    if rates.shape == "constant":
        return [rates.top for _ in below]
    if rates.shape == "decay":
        return [rates.top * rates.decay**depth for depth in below]
    if rates.shape == "bands":
        return [rates.top * rates.bands[2 - 3 * depth // layers] for depth in below]
    steps = max(1, -(-layers // rates.every) - 1)
    lowest = rates.top / rates.span
    # from the top, so that the topmost layers are a full set when `every` does not divide
    shares = [(depth // rates.every) / steps for depth in below]
    return [rates.top * (1 - share) + lowest * share for share in shares]


def _embeddings_peak(layers: int, rates: settings.Rates) -> float:
    if rates.embeddings != "auto":
        return rates.embeddings
    if rates.shape == "linear":
        return rates.top / rates.span
    if rates.shape == "bands":
        return rates.top * rates.bands[0]
    return rates.top * rates.decay**layers if rates.shape == "decay" else rates.top


def _slice(groups: int, rates: settings.Rates) -> list[float]:
    """Rates in even geometric steps, bottom up: `top * decay**groups` to `top`.

    As fastai's `slice(top * decay**groups, top)` spreads them over a learner's layer groups:
    https://docs.fast.ai/optimizer.html
    """
    lowest = rates.decay**groups
    if groups == 1:
        return [rates.top]
    return [rates.top * lowest ** (depth / (groups - 1)) for depth in reversed(range(groups))]
