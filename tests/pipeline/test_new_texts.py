"""New texts: the rows of a file, or words."""

from pathlib import Path

import pytest

from foldwise.competition.competition import Competition, load_competition
from foldwise.errors import DataError, UsageError
from foldwise.paths import Project
from foldwise.pipeline.new_texts import new_texts


@pytest.fixture
def single(project: Project) -> Competition:
    """Predicts from one text."""
    return load_competition(project.competition("tiny-regression"))


@pytest.fixture
def pairs(project: Project) -> Competition:
    """Predicts from two."""
    return load_competition(project.competition("tiny-pairs"))


def test_words_are_texts_numbered_from_one(single: Competition) -> None:
    assert new_texts(["a", "b c"], single) == (("1", "2"), (("a",), ("b c",)), False)


def test_words_are_pairs_where_the_competition_has_pairs(pairs: Competition) -> None:
    assert new_texts(["a", "b", "c", "d"], pairs).texts == (("a", "b"), ("c", "d"))
    with pytest.raises(UsageError, match="give 2 texts each time, got 3"):
        new_texts(["a", "b", "c"], pairs)


def test_a_folder_is_no_text(single: Competition, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is a folder; give a file like test.csv, or a text in"):
        new_texts([str(tmp_path)], single)
    assert new_texts(["and/or"], single).texts == (("and/or",),)


def test_a_file_gives_its_ids_and_texts(single: Competition, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text('text,more,id\n"NA",x,007\n"two\nlines",y,b\n')
    assert new_texts([str(path)], single) == (
        ("007", "b"),
        (("NA",), ("two\nlines",)),
        True,
    )


def test_a_file_without_the_columns_is_bad_data(pairs: Competition, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("id,text\n1,a\n")
    with pytest.raises(DataError, match="no column 'second'"):
        new_texts([str(path)], pairs)


def test_the_name_of_a_missing_table_is_no_text(single: Competition) -> None:
    with pytest.raises(UsageError, match=r"new\.tsv does not exist"):
        new_texts(["new.tsv"], single)
    assert new_texts(["I saved it as new.tsv"], single).texts == (("I saved it as new.tsv",),)


@pytest.mark.parametrize("word", ["x" * 5000, "a\0b", ".", "a/" * 3000])
def test_words_that_the_system_takes_for_no_file_are_texts(word: str, single: Competition) -> None:
    assert new_texts([word], single).texts == ((word,),)


def test_files_are_not_predicted_as_texts(single: Competition, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("id,text\n1,a\n")
    with pytest.raises(UsageError, match=r"one file is predicted at a time.*new\.csv is a file"):
        new_texts([str(path), "a text"], single)
