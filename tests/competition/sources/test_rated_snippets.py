from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from foldwise.competition.sources.rated_snippets import (
    five_classes,
    read_editorial_valence,
    read_movie_sentiment,
    read_movie_valence,
)
from foldwise.errors import DataError

WriteSnippets = Callable[[Mapping[str, bytes]], Path]
TRUTH = "movieReviewSnippets_GroundTruth.txt"
RATINGS = "movieReviewSnippets_anonDataRatings.txt"


def test_ratings_are_joined_by_id_whatever_their_order(write_snippets: WriteSnippets) -> None:
    truth = b"1\t0.33333333333\tone\r\n2\t2\ttwo\r\n"
    ratings = b"2\t2\t0.7\t[]\r\n1\t0.333333333\t0.1\t[]"
    archive = write_snippets({TRUTH: truth, RATINGS: ratings})
    table = read_movie_valence(archive)
    assert table.columns == ("id", "text", "target", "target_sd")
    assert table.rows == (("1", "one", "0.33333333333", "0.1"), ("2", "two", "2", "0.7"))


def test_a_byte_order_mark_is_no_part_of_an_id(snippets: Path) -> None:
    table = read_movie_valence(snippets)
    assert table.column("id") == tuple(str(i) for i in range(40))


def test_a_text_keeps_its_rare_characters(snippets: Path) -> None:
    # \u0085 ends a line for str.splitlines
    assert read_movie_valence(snippets).rows[3][1] == "Snippet 3, \u2019so\u2019\u0085."


def test_a_document_is_the_first_half_of_an_editorials_id(snippets: Path) -> None:
    table = read_editorial_valence(snippets)
    assert table.rows[7] == ("1_3", "1", "Editorial 7", "0.5", "0.25")
    assert table.columns == ("id", "document", "text", "target", "target_sd")


def test_five_classes_leave_no_trace_of_the_rating(snippets: Path) -> None:
    table = read_movie_sentiment(snippets)
    assert table.columns == ("id", "text", "sentiment")
    assert set(table.column("sentiment")) == {"1", "2", "3"}  # of ratings in [-2, 1.9]


@pytest.mark.parametrize(
    ("valence", "label"),
    [(-4, "0"), (-2.4, "0"), (-2.39, "1"), (-0.8, "1"), (0, "2"), (0.8, "2"), (2.4, "3"), (4, "4")],
)
def test_an_edge_belongs_to_the_class_below_it(valence: float, label: str) -> None:
    assert five_classes(valence) == label


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({TRUTH: b"1\t1\tone\r\n1\t1\tone"}, "each id must stand once in each file, and in both"),
        ({TRUTH: b"1\t1\tone", RATINGS: b"2\t1\t0.5\t[]"}, "each id must stand once"),
        ({TRUTH: b"1\t1\tone", RATINGS: b"1\t1.1\t0.5\t[]"}, "id 1: means 1 and 1.1 differ"),
        ({TRUTH: b"1\t1\tone\r\n2\ttwo"}, "GroundTruth.txt, line 2: 3 fields expected, got 2"),
        ({TRUTH: b"1\t1\tcaf\xe9"}, "GroundTruth.txt must be UTF-8"),
    ],
)
def test_an_archive_with_other_contents_is_refused(
    write_snippets: WriteSnippets, files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_movie_valence(write_snippets(files))


def test_an_editorials_id_without_a_document_is_refused(write_snippets: WriteSnippets) -> None:
    files = {
        "nytEditorialSnippets_GroundTruth.txt": b"x_3\t1\tone",
        "nytEditorialSnippets_anonDataRatings.txt": b"x_3\t1\t0.5\t[]",
    }
    with pytest.raises(DataError, match=r"an editorial's id is document_snippet.*'x_3'"):
        read_editorial_valence(write_snippets(files))
