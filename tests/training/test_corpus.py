from pathlib import Path

import numpy as np
import pytest

from foldwise.errors import DataError, UsageError
from foldwise.folds.table import read_folds
from foldwise.paths import Project
from foldwise.training.corpus import Corpus, load_corpus
from tests.tiny_competitions import tiny_classification, tiny_grouped, tiny_regression
from tests.tiny_tfidf import tfidf_settings


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_regression(tmp_path, rows=40, folds=4)


def corpus(project: Project, **training: int) -> Corpus:
    return load_corpus(project, tfidf_settings(training=training))


def reverse_rows(path: Path) -> None:
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n")


def fold_by_id(found: Corpus) -> dict[str, int]:
    return dict(zip(found.loaded.train.ids, found.folds.tolist(), strict=True))


def test_each_row_is_validated_once_and_trained_on_in_all_other_folds(project: Project) -> None:
    found = corpus(project)
    validated = np.concatenate([found.validation_positions(k) for k in range(found.n_folds)])
    assert sorted(validated.tolist()) == list(range(40))
    for k in range(found.n_folds):
        both = [*found.validation_positions(k), *found.training_positions(k)]
        assert sorted(both) == list(range(40))


def test_folds_are_those_of_the_table_by_id(project: Project) -> None:
    table = read_folds(project.folds("tiny-regression"))
    assert fold_by_id(corpus(project)) == dict(zip(table.ids, table.folds.tolist(), strict=True))


def test_the_order_of_rows_and_of_the_table_changes_nothing(project: Project) -> None:
    before = corpus(project)
    reverse_rows(project.root / "input" / "tiny-regression" / "train.csv")
    reverse_rows(project.root / "input" / "tiny-regression" / "test.csv")
    reverse_rows(project.folds("tiny-regression"))
    after = corpus(project)
    # rows are in the order of their ids, and the files' order is kept for the tables
    assert after.loaded.train.ids == before.loaded.train.ids == tuple(sorted(before.train_ids))
    assert after.train_ids == before.train_ids[::-1]
    assert after.test_ids == before.test_ids[::-1]
    assert fold_by_id(after) == fold_by_id(before)
    assert (after.data_hash, after.folds_hash) == (before.data_hash, before.folds_hash)


@pytest.mark.parametrize("name", ["train.csv", "test.csv"])
def test_a_changed_character_changes_the_data_hash(project: Project, name: str) -> None:
    before = corpus(project)
    path = project.root / "input" / "tiny-regression" / name
    path.write_text(path.read_text().replace("the", "The", 1))
    after = corpus(project)
    assert after.data_hash != before.data_hash
    assert after.folds_hash == before.folds_hash


def test_merged_folds_are_unions_of_the_tables(project: Project) -> None:
    whole, merged = fold_by_id(corpus(project)), fold_by_id(corpus(project, folds=2))
    assert merged == {name: fold % 2 for name, fold in whole.items()}
    assert corpus(project, folds=2).n_folds == 2


@pytest.mark.parametrize("wanted", [1, 5])
def test_folds_can_only_be_merged(project: Project, wanted: int) -> None:
    with pytest.raises(UsageError, match=f"merges the table's 4 folds into 2 to 4, got {wanted}; "):
        corpus(project, folds=wanted)


def test_a_sample_of_rows_depends_on_ids_alone(project: Project) -> None:
    before = corpus(project, rows=20)
    reverse_rows(project.root / "input" / "tiny-regression" / "train.csv")
    after = corpus(project, rows=20)
    assert len(before.folds) == 20
    assert fold_by_id(after) == fold_by_id(before)
    assert fold_by_id(before).items() <= fold_by_id(corpus(project)).items()


def test_a_larger_sample_holds_the_smaller(project: Project) -> None:
    assert set(fold_by_id(corpus(project, rows=20))) < set(fold_by_id(corpus(project, rows=30)))


@pytest.mark.parametrize("rows", [0, 40, 41, 10**6])
def test_a_sample_larger_than_the_file_is_all_of_it(project: Project, rows: int) -> None:
    assert corpus(project, rows=rows).loaded.train.ids == corpus(project).loaded.train.ids


def test_a_sample_that_leaves_a_fold_empty_is_refused(project: Project) -> None:
    with pytest.raises(
        UsageError, match=r"each of the 4 folds needs a row, but training\.rows=2 le"
    ):
        corpus(project, rows=2)


def test_targets_and_texts_stay_with_their_ids(project: Project) -> None:
    whole, sample = corpus(project), corpus(project, rows=20)
    rows = whole.loaded.train
    target_of = dict(zip(rows.ids, whole.targets()[:, 0].tolist(), strict=True))
    text_of = dict(zip(rows.ids, rows.texts, strict=True))
    for name, target, text in zip(
        sample.loaded.train.ids, sample.targets()[:, 0], sample.loaded.train.texts, strict=True
    ):
        assert (target_of[name], text_of[name]) == (target, text)


def test_no_fold_table_says_how_to_make_one(tmp_path: Path) -> None:
    project = tiny_regression(tmp_path, folds=0)
    with pytest.raises(DataError, match="does not exist; run: foldwise folds tiny-regression"):
        corpus(project)


def test_a_table_of_other_rows_is_refused(project: Project) -> None:
    path = project.folds("tiny-regression")
    path.write_text(path.read_text().replace("r000", "zzz"))
    with pytest.raises(DataError) as caught:
        corpus(project)
    assert "r000" in str(caught.value)
    assert "zzz" in str(caught.value)


def test_duplicate_ids_are_refused_with_the_ids_and_exit_code_three(project: Project) -> None:
    path = project.root / "input" / "tiny-regression" / "train.csv"
    path.write_text(path.read_text().replace("r001,", "r000,").replace("r007,", "r003,"))
    with pytest.raises(DataError) as caught:
        corpus(project)
    assert caught.value.exit_code == 3
    assert "'r000'" in str(caught.value)
    assert "'r003'" in str(caught.value)


def test_groups_and_labels_are_loaded_too(tmp_path: Path) -> None:
    project = tiny_grouped(tmp_path)
    found = load_corpus(project, tfidf_settings("tiny-grouped"))
    groups = np.array(found.loaded.train.groups)
    for k in range(found.n_folds):
        mine = set(groups[found.validation_positions(k)].tolist())
        assert not mine & set(groups[found.training_positions(k)].tolist())
    tiny_classification(tmp_path)
    labels = load_corpus(project, tfidf_settings("tiny-classification"))
    assert labels.loaded.outputs == ("p_dull", "p_fair", "p_fine")
    assert set(labels.targets()[:, 0].tolist()) == {0.0, 1.0, 2.0}
