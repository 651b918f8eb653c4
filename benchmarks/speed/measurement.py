"""What is measured of a contestant in its own process."""

import json
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from speed.flops import Amount


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One piece of work of one contestant.

    Attributes:
        seconds: of wall time.
        waited: share of its threads' time in which they were ready but other programs had the
            cores; None where the system does not tell.
        amount: what was worked on.
    """

    seconds: float
    waited: float | None
    amount: Amount

    def to_json(self) -> str:
        """Its fields on one line."""
        return json.dumps(asdict(self))

    def told(self) -> str:
        """It in a few words, for who watches."""
        speed = self.amount.tokens / self.seconds
        waited = "" if self.waited is None else f", in line for cores {self.waited:.1%} of the time"
        return f"{self.seconds:.2f} s, {speed:,.0f} tokens/s{waited}"


@dataclass(frozen=True, kw_only=True)
class Computed(Measurement):
    """One piece of work with the model.

    Attributes:
        padded_tokens: computed for the real ones of `amount`.
        peak_bytes: of its process, or of the GPU's memory.
        matrix_peak: operations a second in matrix products alone, measured right afterwards;
            None before.
    """

    padded_tokens: int
    peak_bytes: int
    matrix_peak: float | None = None


@dataclass(frozen=True, kw_only=True)
class Training(Computed):
    """One training; its seconds are those of all steps, projected where fewer were taken.

    Attributes:
        tokenizing: seconds for the training rows; None where ids were given.
        steps: of the whole training.
        taken: steps really taken.
        rmse: of the validation rows, where they were predicted.
    """

    tokenizing: float | None
    steps: int
    taken: int
    rmse: float | None


@dataclass(frozen=True, kw_only=True)
class Prediction(Computed):
    """One prediction of the rows.

    Attributes:
        off: the largest difference of some rows from the same ones predicted alone and in float32,
            over the standard deviation of those; about 1 if rows are mixed up.
    """

    off: float


@dataclass(frozen=True, kw_only=True)
class CrossValidation(Measurement):
    """All folds of a run, from the start of its program to its end.

    Attributes:
        peak_bytes: of all its processes together, or of the GPU; None where nothing tells.
        rmse: of the OOF predictions.
    """

    peak_bytes: int | None
    rmse: float


@dataclass(frozen=True, kw_only=True)
class Profile(Computed):
    """Some optimizer steps under the profiler, which slows them down.

    Attributes:
        steps: how many.
        kinds: seconds of all steps by kind of operation; on a GPU, of the GPU.
    """

    steps: int
    kinds: dict[str, float]


AnyMeasurement = TypeVar("AnyMeasurement", bound=Measurement)
AnyComputed = TypeVar("AnyComputed", bound=Computed)


def measurement_from(text: str, kind: type[AnyMeasurement]) -> AnyMeasurement:
    """The measurement that `Measurement.to_json` wrote."""
    fields: dict[str, Any] = json.loads(text)
    return kind(**(fields | {"amount": Amount(*fields["amount"])}))
