"""The sample submission says which ids, in which order, in which columns."""

from collections.abc import Callable

import pytest

from foldwise.competition.competition import Competition
from foldwise.competition.sample import load_sample
from foldwise.errors import DataError

MakeCompetition = Callable[..., Competition]
LABELS = ("neg", "pos")


@pytest.mark.parametrize(
    ("metric", "header", "layout", "outputs"),
    [
        ("accuracy", "id,target", "label", ()),
        ("auc", "id,target", "probability", ()),
        ("log_loss", "id,target", "probability", ()),
        ("log_loss", "id,pos,neg", "probabilities", (1, 0)),
        ("accuracy", "p_neg,id,p_pos", "probabilities", (0, 1)),
    ],
)
def test_the_columns_say_what_a_classification_submits(
    make_competition: MakeCompetition,
    metric: str,
    header: str,
    layout: str,
    outputs: tuple[int, ...],
) -> None:
    competition = make_competition(
        {"sample.csv": f"{header}\n"}, task="classification", metric=metric
    )
    sample = load_sample(competition, LABELS)
    assert (sample.layout, sample.outputs) == (layout, outputs)
    assert sample.header == tuple(header.split(","))


def test_targets_may_stand_in_another_order(make_competition: MakeCompetition) -> None:
    competition = make_competition({"sample.csv": "b,id,a\n0,x,0\n"}, target=["a", "b"])
    sample = load_sample(competition, ())
    assert (sample.layout, sample.outputs, sample.ids) == ("values", (1, 0), ("x",))


def test_a_sample_may_be_an_ordinary_csv_beside_tab_separated_files(
    make_competition: MakeCompetition,
) -> None:
    tabs = {"separator": "\t", "quoting": False}
    comma = make_competition({"sample.csv": 'id,target\n"x,1",0\n'}, format=tabs)
    assert load_sample(comma, ()).ids == ("x,1",)
    tab = make_competition({"sample.csv": 'id\ttarget\n"x\t0\n'}, format=tabs)
    assert load_sample(tab, ()).ids == ('"x',)


def test_all_faults_of_a_sample_are_listed_at_once(make_competition: MakeCompetition) -> None:
    competition = make_competition(
        {"sample.csv": "id,score\nx,0\nx,0\n,0\n"}, task="classification", metric="accuracy"
    )
    with pytest.raises(DataError) as caught:
        load_sample(competition, LABELS)
    path = competition.path("sample_submission")
    assert caught.value.complaints == (
        f"{path}: every row needs an id, but 'id' is empty on line 4; give each an id of its own",
        f"{path}: ids must be unique, but 1 stands more than once in 'id': 'x' (lines 2, 3); "
        "remove the repeated rows or rename their ids",
        f"{path}: line 1: beside 'id' a sample submission has the column target, or one a label: "
        "neg, pos; got score; correct `target` in competition.toml, or the file",
    )


def test_a_missing_sample_names_the_command_that_fetches_it(
    make_competition: MakeCompetition,
) -> None:
    competition = make_competition()
    competition.path("sample_submission").unlink()
    with pytest.raises(DataError, match=r"sample.csv does not exist; run: foldwise data tiny"):
        load_sample(competition, ())
