import json
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foldwise.competition.rows import Rows
from foldwise.errors import DataError, UsageError
from foldwise.folds.making import make_folds, save_folds
from foldwise.folds.table import FoldTable, check_folds
from tests.folds.tiny_competition import make_loaded, make_rows, numbered_texts

SMALL = st.sampled_from(["a", "A", "b!", "b", "c\nd", "c\r\nd", "e f", "g"])


def fold_of_each(table: FoldTable) -> dict[str, int]:
    return dict(zip(table.ids, table.folds.tolist(), strict=True))


def varied_rows(repeats: int, groups: bool) -> Rows:
    rng = np.random.default_rng(0)
    texts = [*numbered_texts(50), *(f"text number {i}\nsays more" for i in range(10))]
    texts += [f"text number {i}\r\nsays more" for i in range(repeats)]
    owners = [str(i // 2) for i in range(len(texts))] if groups else None
    return make_rows(texts, rng.normal(size=(len(texts), 2)).tolist(), groups=owners)


@pytest.mark.parametrize(("repeats", "groups"), [(0, False), (5, False), (0, True), (5, True)])
@pytest.mark.parametrize("criteria", [(), ("y", "length"), ("z",)])
@settings(max_examples=15)
@given(random=st.randoms(use_true_random=False))
def test_rows_in_another_order_get_the_same_folds(
    repeats: int, groups: bool, criteria: tuple[str, ...], random: Random
) -> None:
    rows = varied_rows(repeats, groups)
    order = list(range(len(rows)))
    random.shuffle(order)
    tables = [
        make_folds(make_loaded(given_rows, target=["y", "z"]), criteria=criteria).table
        for given_rows in (rows, rows.take(order))
    ]
    assert fold_of_each(tables[0]) == fold_of_each(tables[1])


@pytest.mark.parametrize("strategy", ["auto", "kfold", "stratified"])
def test_files_with_other_line_ends_get_the_same_folds(strategy: str) -> None:
    ends = ["\n", "\r\n", "\r"]
    texts = [[f"line {i % 38}{end}and another" for i in range(40)] for end in ends]
    loaded = [make_loaded(make_rows(same, range(40))) for same in texts]
    one, *others = (fold_of_each(make_folds(each, strategy).table) for each in loaded)
    assert all(other == one for other in others)


@given(st.lists(st.tuples(SMALL, st.integers(0, 1)), min_size=2, max_size=30), st.integers(2, 4))
def test_whatever_the_rows_folds_are_a_partition_that_splits_no_text_or_a_user_error(
    drawn: list[tuple[str, int]], n: int
) -> None:
    rows = make_rows([text for text, _ in drawn], [label for _, label in drawn])
    try:
        table = make_folds(make_loaded(rows), n=n).table
    except (DataError, UsageError):
        return
    check_folds(table, rows)
    same: dict[str, int] = {}
    for (text,), fold in zip(rows.texts, table.folds.tolist(), strict=True):
        assert same.setdefault(text.replace("\r\n", "\n"), fold) == fold


def test_every_seed_makes_other_folds_and_each_the_same_twice() -> None:
    loaded = make_loaded(make_rows(numbered_texts(60), range(60)))
    prints = [make_folds(loaded, seed=seed).table.fingerprint() for seed in (1, 2, 1)]
    assert prints[0] == prints[2] != prints[1]


def test_folds_of_given_rows_never_change() -> None:
    # a change of this value is a change of everybody's folds
    loaded = make_loaded(make_rows(numbered_texts(12), range(12)))
    table = make_folds(loaded, "kfold", n=3).table
    assert table.folds.tolist() == [0, 1, 2, 0, 1, 1, 0, 2, 2, 2, 1, 0]


@pytest.mark.parametrize("n", [-1, 0, 1, 6])
def test_a_number_of_folds_that_cannot_be_is_refused(n: int) -> None:
    loaded = make_loaded(make_rows(numbered_texts(5), range(5)))
    message = f"must be from 2 to the number of training rows, 5; got {n}"
    with pytest.raises(UsageError, match=message) as error:
        make_folds(loaded, n=n)
    assert error.value.exit_code == 2


def test_as_many_folds_as_rows_leave_one_out() -> None:
    loaded = make_loaded(make_rows(numbered_texts(5), range(5)))
    assert sorted(make_folds(loaded, n=5).table.folds.tolist()) == [0, 1, 2, 3, 4]


def test_group_duplicates_leaves_no_text_in_two_folds() -> None:
    long = "one two three four five six seven eight nine ten"
    texts = [*numbered_texts(40), "Good", "good!", long, f"{long} eleven"]
    loaded = make_loaded(make_rows(texts, range(44)))
    leaks = [
        make_folds(loaded, seed=seed, group_duplicates=True).leaks.sentences() for seed in range(5)
    ]
    assert leaks == [()] * 5
    apart = [len(make_folds(loaded, seed=seed).leaks.sentences()) for seed in range(5)]
    assert sum(apart) > 0


def test_making_folds_is_imported_without_heavy_packages() -> None:
    code = "import foldwise.folds.making, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "transformers", "pandas", "sklearn", "scipy"} & set(done.stdout.split())


def test_the_report_is_json_with_reason_folds_and_leaks() -> None:
    made = make_folds(make_loaded(make_rows([*numbered_texts(38), "a", "a"], range(40))))
    report = json.loads(json.dumps(made.as_json(), allow_nan=False))
    assert report["strategy"] == "stratified"
    assert report["reason"] == "stratified: the folds balance y in 3 quantile bins"
    assert report["notes"] == ["texts that are equal keep 2 rows together"]
    assert report["fingerprint"] == made.table.fingerprint()
    assert [fold["fold"] for fold in report["folds"]] == [0, 1, 2, 3, 4]
    assert report["leaks"]["conflicts"]["count"] == 1


def test_a_table_is_written_once_and_left_alone_when_it_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "folds" / "tiny.csv"
    table = FoldTable(("a", "b"), np.array([0, 1]), 2)
    assert save_folds(path, table)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes()
    assert not save_folds(path, FoldTable(("b", "a"), np.array([1, 0]), 2))
    assert path.read_bytes() == before


def test_a_table_with_other_folds_is_replaced_by_force_only(tmp_path: Path) -> None:
    path = tmp_path / "tiny.csv"
    save_folds(path, FoldTable(("a", "b"), np.array([0, 1]), 2))
    before = path.read_bytes()
    other = FoldTable(("a", "b"), np.array([1, 0]), 2)
    with pytest.raises(UsageError, match="already holds other folds"):
        save_folds(path, other)
    assert path.read_bytes() == before
    assert save_folds(path, other, force=True)
    assert path.read_bytes() == b"id,fold\na,1\nb,0\n"


def test_a_file_that_is_no_table_is_not_overwritten_either(tmp_path: Path) -> None:
    path = tmp_path / "tiny.csv"
    path.write_text("my notes")
    with pytest.raises(UsageError, match="is no fold table, so it is not overwritten"):
        save_folds(path, FoldTable(("a", "b"), np.array([0, 1]), 2))
    assert path.read_text() == "my notes"
