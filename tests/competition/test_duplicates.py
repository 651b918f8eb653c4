"""Texts that stand twice, disagree about their target, or leak into the test file are found."""

from collections.abc import Callable

from foldwise.competition.competition import Competition
from foldwise.competition.duplicates import folded_text
from foldwise.competition.loading import load
from foldwise.competition.report import describe

MakeCompetition = Callable[..., Competition]


def test_duplicates_and_leaks_are_reported_exactly_and_folded(
    make_competition: MakeCompetition,
) -> None:
    files = {
        "train.csv": (
            "id,text,target\n"
            "a,The same,1\nb,The same,1\n"  # equal texts, equal targets
            "c,the  SAME,2\n"  # equal but for case and white space, another target
            "d,twice,0\ne,twice,0.5\nf,twice,0\n"  # conflicting targets
            "g,alone,3\n"
        ),
        "test.csv": "id,text\nx,alone\ny,Alone \n",
    }
    report = describe(load(make_competition(files)))
    assert report.exact.texts == 2
    assert report.exact.rows == 5
    assert report.exact.conflicts == (("d", "e", "f"),)
    assert report.exact.in_test == ("x",)
    assert report.folded.texts == 2
    assert report.folded.rows == 6
    assert report.folded.conflicts == (("a", "b", "c"), ("d", "e", "f"))
    assert report.folded.in_test == ("x", "y")


def test_a_pair_is_a_duplicate_only_as_a_whole(make_competition: MakeCompetition) -> None:
    files = {
        "train.csv": "id,q1,q2,target\na,one,two,1\nb,one two,,0\nc,ONE,Two,0\n",
        "test.csv": "id,q1,q2\nx,two,one\ny,one,two\n",
    }
    report = describe(load(make_competition(files, text=["q1", "q2"])))
    assert report.exact.rows == 0
    assert report.exact.in_test == ("y",)
    assert report.folded.conflicts == (("a", "c"),)


def test_folding_knows_more_than_ascii() -> None:
    assert folded_text(("STRASSE\u00a0 1", "ÄÖ")) == folded_text(("straße 1", "äö"))
