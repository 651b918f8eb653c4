"""Snippets with a human valence rating in [-4, 4], each the mean of about twenty raters.

C.J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social
Media Text", ICWSM 2014. https://ojs.aaai.org/index.php/ICWSM/article/view/14550
"""

import io
import tarfile
import zipfile
from bisect import bisect_left
from pathlib import Path

from foldwise.competition.sources.tables import Table
from foldwise.errors import Complaints, DataError

RESOURCES = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"
FOLDER = "hutto_ICWSM_2014"

# Five intervals of equal width over [-4, 4]; a value on an edge belongs to the interval below it.
CLASS_EDGES = (-2.4, -0.8, 0.8, 2.4)

MEANS_AGREE = 1e-6  # the two files give a mean with 11 and with 9 decimals


def read_valence(archive: Path, snippets: str) -> Table:
    """`id,text,target,target_sd` of one set of snippets, such as "movieReviewSnippets".

    Raises:
        DataError: a line has other fields, or the two files differ in their ids or means.
    """
    with zipfile.ZipFile(archive) as outer:
        resources = outer.read(RESOURCES)
    with tarfile.open(fileobj=io.BytesIO(resources)) as inner:
        truth = _fields(inner, f"{snippets}_GroundTruth.txt", 3)
        ratings = _fields(inner, f"{snippets}_anonDataRatings.txt", 4)
    spread = {row_id: (float(mean), sd) for row_id, mean, sd, _ in ratings}
    complaints = Complaints()
    ids = [row_id for row_id, _, _ in truth]
    if len(set(ids)) != len(ids) or len(spread) != len(ratings) or set(ids) != set(spread):
        raise DataError(f"{snippets}: each id must stand once in each file, and in both")
    for row_id, mean, _ in truth:
        if abs(float(mean) - spread[row_id][0]) > MEANS_AGREE:
            complaints.add(f"{snippets}: id {row_id}: means {mean} and {spread[row_id][0]} differ")
    complaints.raise_if_any(DataError)
    rows = tuple((row_id, text, mean, spread[row_id][1]) for row_id, mean, text in truth)
    return Table(("id", "text", "target", "target_sd"), rows)


def read_movie_valence(archive: Path) -> Table:
    """10,605 snippets of movie reviews: `id,text,target,target_sd`."""
    return read_valence(archive, "movieReviewSnippets")


def read_movie_sentiment(archive: Path) -> Table:
    """The same snippets in five classes: `id,text,sentiment`; the rating itself is left out."""
    valence = read_movie_valence(archive).select(("id", "text", "target"))
    rows = tuple((row_id, text, five_classes(float(mean))) for row_id, text, mean in valence.rows)
    return Table(("id", "text", "sentiment"), rows)


def read_editorial_valence(archive: Path) -> Table:
    """5,190 snippets of editorials: `id,document,text,target,target_sd`; `12_3` is of document 12.

    Raises:
        DataError: see `read_valence`; or an id names no document.
    """
    valence = read_valence(archive, "nytEditorialSnippets")
    rows = tuple((row[0], _document(row[0]), *row[1:]) for row in valence.rows)
    return Table(("id", "document", "text", "target", "target_sd"), rows)


def five_classes(valence: float) -> str:
    """The class, "0" (most negative) to "4", of a valence in [-4, 4]."""
    return str(bisect_left(CLASS_EDGES, valence))


def _document(row_id: str) -> str:
    document, underscore, snippet = row_id.partition("_")
    if not (underscore and document.isdigit() and snippet.isdigit()):
        raise DataError(f"an editorial's id is document_snippet, such as 12_3: got {row_id!r}")
    return document


def _fields(files: tarfile.TarFile, name: str, count: int) -> list[list[str]]:
    """The tab-separated fields of each line; some of the files begin with a byte-order mark."""
    member = files.extractfile(f"{FOLDER}/{name}")
    if member is None:
        raise DataError(f"{FOLDER}/{name} must be a file in the archive; it is a folder or a link")
    # Lines end in \r\n; splitlines would also split at rarer characters that belong to a text.
    lines = _decoded(member.read(), name).removesuffix("\r\n").split("\r\n")
    rows = [line.split("\t") for line in lines]
    complaints = Complaints()
    for number, row in enumerate(rows, start=1):
        if len(row) != count:
            complaints.add(f"{name}, line {number}: {count} fields expected, got {len(row)}")
    complaints.raise_if_any(DataError)
    return rows


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} must be UTF-8: {error}; get the archive again") from None
