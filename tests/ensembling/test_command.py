"""The command line that makes an ensemble again."""

import pytest

from foldwise.cli.parser import parsed
from foldwise.ensembling.command import command_of
from foldwise.ensembling.recipe import Method, Options
from foldwise.ensembling.record import Ensemble


@pytest.mark.parametrize(
    ("method", "options", "words"),
    [
        ("hill", Options(bags=5, seed=3), "--method hill --bags 5 --seed 3"),
        ("nnls", Options(per_class=True), "--method nnls --per-class"),
        (
            "mean",
            Options(space="logit", temperature=True, decision="cut_points"),
            "--method mean --space logit --calibrate temperature --cut-points",
        ),
    ],
)
def test_the_way_back_has_every_option(method: Method, options: Options, words: str) -> None:
    ensemble = Ensemble(method, ["a", "b"], [0.5, 0.5], {}, options=options)
    assert command_of("top", ensemble) == f"foldwise ensemble a b --name top {words}"
    # and is understood
    parsed(command_of("top", ensemble).split()[1:])


def test_the_way_back_insists_where_one_had_insisted() -> None:
    ensemble = Ensemble("mean", ["a", "b"], [0.5, 0.5], {}, suspicious=["a looks in-sample"])
    assert command_of("top", ensemble).endswith(" --allow-in-sample")


def test_weights_come_back_to_the_last_digit() -> None:
    weights = [1 / 3, 2 / 3]
    words = command_of("top", Ensemble("weights", ["a", "b"], weights, {})).split()
    assert list(parsed(words[1:]).weights) == weights


def test_an_average_over_seeds_is_trained() -> None:
    ensemble = Ensemble("mean", ["x.seed0", "x.seed2"], [0.5, 0.5], {}, seeds=[0, 2])
    words = command_of("x", ensemble)
    assert words == "foldwise train EXPERIMENT --seeds 0,2 --name x"
    assert list(parsed(words.split()[1:]).seeds) == [0, 2]
