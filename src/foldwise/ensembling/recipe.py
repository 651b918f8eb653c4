"""How to blend, as asked for: a method and its options, and which of them make sense together."""

from dataclasses import dataclass, field
from typing import Literal

from foldwise.competition.metrics import Metric
from foldwise.ensembling.confusion import BY_METRIC
from foldwise.errors import Complaints, UsageError

Method = Literal["mean", "weights", "rank", "nnls", "hill", "ridge", "logistic"]
Decision = Literal["none", "cut_points", "thresholds"]

DEFAULT: Method = "nnls"  # one answer, without a seed, and no more optimistic than the others
BAGS = 10  # of hill climbing
UNFITTED: frozenset[Method] = frozenset({"mean", "weights"})
LEAST_SQUARES_LIKE: frozenset[Method] = frozenset({"ridge", "logistic"})  # weights of either sign
BY_CLASS: frozenset[Method] = frozenset({"nnls", "ridge", "logistic"})
IN_LOGITS: frozenset[Method] = frozenset({"mean", "weights", "nnls", "hill", "logistic"})


@dataclass(frozen=True)
class Options:
    """What may be added to a method.

    Attributes:
        space: add up probabilities, or their logarithms ("logit"); logistic stacking always does.
        per_class: weights of its own for every class, or every target of a regression.
        temperature: calibrate the blend by one fitted number.
        decision: labels by fitted cut points of ordered classes, or by a threshold for each class.
        bags: of hill climbing: how many random halves of the members climb.
        seed: of hill climbing: which halves.
    """

    space: Literal["probability", "logit"] = "probability"
    per_class: bool = False
    temperature: bool = False
    decision: Decision = "none"
    bags: int = BAGS
    seed: int = 0


@dataclass(frozen=True)
class Recipe:
    """A method with its options.

    Attributes:
        shares: of the method "weights": one a member, summing to one.
    """

    method: Method
    options: Options = field(default_factory=Options)
    shares: tuple[float, ...] = ()

    @property
    def is_fitted(self) -> bool:
        """Whether anything is learned from the rows, so that in-sample scores are optimistic."""
        adjusted = self.options.temperature or self.options.decision != "none"
        return adjusted or self.method not in UNFITTED


def check_recipe(recipe: Recipe, metric: Metric, outputs: int) -> None:
    """Refuse a recipe that makes no sense for a competition.

    Args:
        recipe: the method and its options.
        metric: of the competition.
        outputs: of a prediction: labels, or targets.

    Raises:
        UsageError: names each contradiction with its reason.
    """
    complaints = Complaints()
    complaints.extend(_of_the_method(recipe, metric, outputs))
    complaints.extend(_of_the_options(recipe, metric, outputs))
    complaints.raise_if_any(UsageError)


def _of_the_method(recipe: Recipe, metric: Metric, outputs: int) -> list[str]:
    method, options = recipe.method, recipe.options
    classes = metric.task == "classification"
    found = []
    if method == "logistic" and not classes:
        found.append("logistic stacking fits probabilities of classes; for a regression: ridge")
    if method == "rank" and classes and outputs > 2:
        found.append(
            f"ranks of one class's probabilities say nothing about another's, and there are "
            f"{outputs} classes; choose mean, --space logit, or nnls"
        )
    if options.space == "logit" and not classes:
        found.append("--space logit adds up probabilities of classes; a regression has none")
    elif options.space == "logit" and method not in IN_LOGITS:
        instead = "logistic" if method == "ridge" else "mean"
        found.append(f"{method} knows no logit space: {_no_logits(method)}; choose {instead} there")
    return found


def _no_logits(method: Method) -> str:
    return "ranks are the same in it" if method == "rank" else "a label's logit is infinite"


def _of_the_options(recipe: Recipe, metric: Metric, outputs: int) -> list[str]:
    method, options = recipe.method, recipe.options
    classes = metric.task == "classification"
    found = []
    if options.per_class and method not in BY_CLASS:
        found.append(
            f"--per-class is for methods that fit every output by itself, not for {method}; choose "
            f"one of: {', '.join(sorted(BY_CLASS))}"
        )
    elif options.per_class and outputs < 2:
        found.append("--per-class needs several classes or targets, and there is one")
    elif options.per_class and method == "nnls" and options.space == "logit":
        found.append("nnls in logit space has one weight a member; for --per-class: logistic")
    if options.temperature and not classes:
        found.append("--calibrate temperature is for probabilities; a regression has none")
    if options.decision != "none" and metric.name not in BY_METRIC:
        found.append(
            f"--{options.decision.replace('_', '-')} decides labels, but {metric.name} does not "
            f"score labels; labels are scored by: {', '.join(sorted(BY_METRIC))}"
        )
    if options.decision == "cut_points" and classes and outputs < 3:
        found.append("--cut-points needs three ordered classes at least; for two: --thresholds")
    if options.bags < 1:
        found.append(f"hill climbing needs a bag at least, got --bags {options.bags}")
    if method != "hill" and (options.bags, options.seed) != (BAGS, 0):
        found.append(f"--bags and --seed are hill climbing's; {method} draws nothing")
    return found
