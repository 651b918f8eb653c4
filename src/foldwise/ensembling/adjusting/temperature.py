"""Calibration by one number: https://proceedings.mlr.press/v70/guo17a.html."""

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.spaces import logarithms, softmax

Floats = NDArray[np.float64]
LIMIT = float(np.log(20))  # of the logarithm of a temperature, either way


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """(rows, labels) less sure where the temperature is above 1, surer below; the order is kept."""
    return softmax(logarithms(probabilities) / temperature)


def fit_temperature(probabilities: Floats, labels: NDArray[np.int64]) -> float:
    """The temperature of the least log loss, from 1/20 to 20."""
    from scipy.optimize import minimize_scalar  # which takes half a second to import

    logs = logarithms(probabilities)
    right = logs[np.arange(len(logs)), labels]

    def loss(log_temperature: float) -> float:
        temperature = np.exp(log_temperature)
        highest = logs.max(axis=1, keepdims=True)
        totals = np.exp((logs - highest) / temperature).sum(axis=1)
        return float((np.log(totals) + (highest[:, 0] - right) / temperature).mean())

    found = minimize_scalar(loss, bounds=(-LIMIT, LIMIT), method="bounded")
    return float(np.exp(found.x))
