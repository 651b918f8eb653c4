"""The rows of each case, and the files that hold them."""

from dataclasses import replace
from pathlib import Path

import pytest

from foldwise.competition.competition import FileFormat
from foldwise.competition.loading import LoadedCompetition, load_test
from foldwise.competition.sample import load_sample
from foldwise.kaggle.simulation.case_files import write_sample, write_test
from foldwise.kaggle.simulation.case_rows import HIDDEN_LEAST, ODD_TEXTS, CaseRows, rows_of_case
from foldwise.kaggle.simulation.cases import TestKind
from tests.tiny_competitions import load_tiny, make_project


@pytest.fixture(params=["tiny-regression", "tiny-classification", "tiny-pairs"])
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> LoadedCompetition:
    return load_tiny(make_project(tmp_path / "project"), request.param)


def rows_of(loaded: LoadedCompetition, kind: TestKind) -> CaseRows:
    return rows_of_case(kind, loaded.train, loaded.test, loaded.sample.ids)


def test_a_hidden_test_has_more_rows_new_ids_another_order_and_odd_texts(
    loaded: LoadedCompetition,
) -> None:
    hidden = rows_of(loaded, "hidden")
    assert len(hidden.ids) == len(set(hidden.ids)) == HIDDEN_LEAST
    assert not set(hidden.ids) & {*loaded.test.ids, *loaded.train.ids}
    assert list(hidden.ids) != sorted(hidden.ids) != list(hidden.sample_ids) != list(hidden.ids)
    assert set(hidden.ids) == set(hidden.sample_ids)
    assert {text[0] for text in hidden.texts} >= set(ODD_TEXTS)


@pytest.mark.parametrize(
    ("public", "rows"), [(7, 300), (200, 600), (2_625, 3_125), (66_292, 20_000)]
)
def test_a_hidden_test_is_no_larger_than_what_it_shows_needs(
    loaded: LoadedCompetition, public: int, rows: int
) -> None:
    ids = tuple(str(i) for i in range(public))
    test = replace(loaded.test, ids=ids, texts=loaded.test.texts[:1] * public)
    assert len(rows_of_case("hidden", loaded.train, test, ids).ids) == rows


def test_the_same_competition_gets_the_same_hidden_test(loaded: LoadedCompetition) -> None:
    assert rows_of(loaded, "hidden") == rows_of(loaded, "hidden")


@pytest.mark.parametrize(("kind", "count"), [("empty", 0), ("one row", 1), ("public", 6)])
def test_other_cases_have_as_many_rows_as_they_say(
    loaded: LoadedCompetition, kind: TestKind, count: int
) -> None:
    assert len(rows_of(loaded, kind).ids) == count


@pytest.mark.parametrize("kind", ["hidden", "one row", "empty", "short"])
def test_what_is_written_is_read_back_exactly(
    loaded: LoadedCompetition, kind: TestKind, tmp_path: Path
) -> None:
    rows = rows_of(loaded, kind)
    public = loaded.competition
    write_test(tmp_path / "test.csv", public, rows)
    write_sample(tmp_path / "sample_submission.csv", public, rows)
    written = public.model_copy(update={"folder": tmp_path})
    test = load_test(written)
    assert (test.ids, test.texts) == (rows.ids, rows.texts)
    assert load_sample(written, loaded.labels).ids == rows.sample_ids


def test_a_format_without_quotation_marks_gets_texts_that_it_can_hold(
    loaded: LoadedCompetition, tmp_path: Path
) -> None:
    style = FileFormat(separator="\t", quoting=False)
    folder = tmp_path / "public"
    folder.mkdir()
    public = loaded.competition
    header = "\t".join([public.id, *public.text])
    (folder / "test.csv").write_text(f"{header}\n")
    plain = public.model_copy(update={"folder": folder, "format": style})
    rows = rows_of(loaded, "hidden")
    write_test(tmp_path / "test.csv", plain, rows)
    test = load_test(plain.model_copy(update={"folder": tmp_path}))
    assert test.ids == rows.ids
    assert "first line second line  third tabbed" in {text[0] for text in test.texts}
