from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from foldwise.competition.sources.imdb_reviews import read_imdb_polarity
from foldwise.errors import DataError

WriteReviews = Callable[[str], Path]

CSV = 'text,label,source\n"Bad, ""bad""<br />",0,imdb\nfine,1,imdb\nshort,1,rotten_tomatoes\n'


def test_only_long_reviews_are_kept_exactly_as_they_stand(write_reviews: WriteReviews) -> None:
    table = read_imdb_polarity(write_reviews(CSV))
    assert table.columns == ("id", "text", "polarity")
    assert {row[1:] for row in table.rows} == {('Bad, "bad"<br />', "0"), ("fine", "1")}


def test_an_id_is_made_of_the_text_and_numbered_where_it_stands_again(
    write_reviews: WriteReviews,
) -> None:
    table = read_imdb_polarity(write_reviews(CSV + "fine,1,imdb\nfine,1,imdb\n"))
    stem = "r" + sha256(b"fine").hexdigest()[:12]
    ids = [row_id for row_id, text, _ in table.rows if text == "fine"]
    assert ids == [stem, f"{stem}-2", f"{stem}-3"]


def test_the_order_in_the_archive_does_not_show(write_reviews: WriteReviews) -> None:
    header, *lines = (CSV + "fine,0,imdb\n").splitlines(keepends=True)
    tables = [
        read_imdb_polarity(write_reviews("".join([header, *order])))
        for order in (lines, lines[::-1])
    ]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("csv", ["text,label\nfine,1\n", "text,label,source\nfine,1\n", ""])
def test_other_columns_are_refused(write_reviews: WriteReviews, csv: str) -> None:
    with pytest.raises(DataError, match="must have the columns"):
        read_imdb_polarity(write_reviews(csv))
