"""Labels are in a known order, and outputs are named after them."""

from collections.abc import Callable

import pytest

from foldwise.competition.competition import Competition
from foldwise.competition.labels import is_finite, labels_of, number_in, output_names
from foldwise.errors import DataError

MakeCompetition = Callable[..., Competition]


@pytest.fixture
def competition(make_competition: MakeCompetition) -> Competition:
    return make_competition(task="classification", metric="accuracy")


@pytest.mark.parametrize(
    ("found", "labels"),
    [
        (["10", "9", "-1", "9", ""], ("-1", "9", "10")),  # all numbers: in their order
        (["1.5", "1e1", "02"], ("1.5", "02", "1e1")),
        (["10", "9", "b"], ("10", "9", "b")),  # not all: alphabetical
        (["neg", "pos", "NA"], ("NA", "neg", "pos")),  # a word among words is a label
        (["1", "nan", "0"], ("0", "1")),  # a mark of a missing value among numbers is none
    ],
)
def test_labels_found_are_sorted(
    competition: Competition, found: list[str], labels: tuple[str, ...]
) -> None:
    assert labels_of(competition, found) == labels


def test_declared_labels_come_first_and_keep_their_order(make_competition: MakeCompetition) -> None:
    competition = make_competition(
        task="classification", metric="accuracy", labels=["pos", "neg", "nan"]
    )
    assert labels_of(competition, ["neg"]) == ("pos", "neg", "nan")


def test_two_spellings_of_one_number_are_refused(competition: Competition) -> None:
    with pytest.raises(DataError) as caught:
        labels_of(competition, ["1", "1.0", "2", "01"])
    assert str(caught.value) == (
        "labels must be different numbers, but '01', '1', '1.0' are spellings of the same; "
        "write each one way, or list all labels in competition.toml"
    )


def test_outputs_are_targets_or_probabilities(
    competition: Competition, make_competition: MakeCompetition
) -> None:
    assert output_names(competition, ("a", "b")) == ("p_a", "p_b")
    assert output_names(make_competition(target=["x", "y"]), ()) == ("x", "y")
    assert labels_of(make_competition(), ["1", "2"]) == ()


def test_numbers_are_what_a_csv_calls_so() -> None:
    assert [number_in(text) for text in ("1", " -1.5e3 ", "1_000", "", "x", "0,5")] == [
        1.0,
        -1500.0,
        None,
        None,
        None,
        None,
    ]
    assert [is_finite(text) for text in ("1", "nan", "inf", "-Infinity", "x")] == [
        True,
        False,
        False,
        False,
        False,
    ]
