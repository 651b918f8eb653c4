import pytest

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.recipe import Method, Options, Recipe, check_recipe
from foldwise.errors import UsageError


@pytest.mark.parametrize(
    ("method", "options", "metric", "outputs", "message"),
    [
        ("logistic", {}, "rmse", 1, "for a regression: ridge"),
        ("rank", {}, "accuracy", 5, "there are 5 classes; choose mean, --space logit, or nnls"),
        ("mean", {"space": "logit"}, "rmse", 1, "probabilities of classes; a regression has none"),
        ("ridge", {"space": "logit"}, "accuracy", 3, "ridge knows no logit space: a label's logit"),
        ("rank", {"space": "logit"}, "auc", 2, "rank knows no logit space: ranks are the same"),
        ("mean", {"per_class": True}, "accuracy", 3, "choose one of: logistic, nnls, ridge"),
        ("hill", {"per_class": True}, "accuracy", 3, "not for hill"),
        ("nnls", {"per_class": True}, "rmse", 1, "several classes or targets, and there is one"),
        (
            "nnls",
            {"per_class": True, "space": "logit"},
            "accuracy",
            3,
            "one weight a member; for --per-class: logistic",
        ),
        ("nnls", {"temperature": True}, "rmse", 1, "is for probabilities; a regression has none"),
        ("nnls", {"decision": "cut_points"}, "log_loss", 3, "log_loss does not score labels"),
        ("nnls", {"decision": "thresholds"}, "rmse", 1, "--thresholds decides labels, but rmse"),
        ("nnls", {"decision": "cut_points"}, "accuracy", 2, "for two: --thresholds"),
        ("hill", {"bags": 0}, "accuracy", 3, "needs a bag at least, got --bags 0"),
        ("nnls", {"seed": 3}, "rmse", 1, "--bags and --seed are hill climbing's"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    method: Method, options: dict[str, object], metric: str, outputs: int, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        check_recipe(Recipe(method, Options(**options)), METRICS[metric], outputs)  # type: ignore[arg-type]


def test_all_contradictions_are_told_at_once() -> None:
    recipe = Recipe("mean", Options(space="logit", per_class=True, temperature=True, seed=1))
    with pytest.raises(UsageError) as caught:
        check_recipe(recipe, METRICS["rmse"], 1)
    assert len(caught.value.complaints) == 4


@pytest.mark.parametrize("method", ["mean", "nnls", "hill", "logistic"])
def test_probabilities_may_be_blended_in_logit_space(method: Method) -> None:
    check_recipe(Recipe(method, Options(space="logit", temperature=True)), METRICS["accuracy"], 5)


def test_a_plain_mean_learns_nothing_but_a_calibrated_one_does() -> None:
    assert not Recipe("mean").is_fitted
    assert Recipe("mean", Options(temperature=True)).is_fitted
    assert Recipe("weights", Options(decision="cut_points"), (1.0,)).is_fitted
    assert Recipe("rank").is_fitted
