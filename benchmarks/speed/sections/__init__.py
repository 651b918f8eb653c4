"""The sections of the page, by the names that `--sections` takes, in the order of the page."""

from collections.abc import Callable

from speed.section import Bench, Section
from speed.sections.cost import cost
from speed.sections.folds import folds
from speed.sections.prediction import prediction
from speed.sections.profile import profile
from speed.sections.together import together
from speed.sections.tokenizing import tokenizing
from speed.sections.training import quality, training

SECTIONS: dict[str, Callable[[Bench], Section]] = {
    "training": training,
    "quality": quality,
    "prediction": prediction,
    "tokenizing": tokenizing,
    "folds": folds,
    "together": together,
    "cost": cost,
    "profile": profile,
}
