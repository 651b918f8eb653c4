import re
from pathlib import Path

import pytest

from foldwise.competition.competition import load_competition
from foldwise.errors import UsageError

WRONG = """
title = 3
id = "id"
text = "text"
target = ["t"]
task = "regresion"
metric = "rmse"
[files]
train = "a.csv"
tset = "b.csv"
sample_submission = "c.csv"
[format]
separator = ";;"
"""


def test_every_fault_of_a_competition_is_told_with_its_value(tmp_path: Path) -> None:
    path = tmp_path / "competition.toml"
    path.write_text(WRONG, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load_competition(tmp_path)
    assert [told.removeprefix(f"{path}: ") for told in raised.value.complaints] == [
        "the key 'files.test' is missing; add it",
        "unknown key 'files.tset'; did you mean 'test'?",
        "title must be a text, got 3",
        "task must be 'regression' or 'classification', got 'regresion'",
        "text must be a list in brackets, such as [a, b], got 'text'",
        "format.separator: String should have at most 1 character, got ';;'",
    ]


def test_tables_that_contradict_themselves_are_told_by_their_rule(tmp_path: Path) -> None:
    right = WRONG.replace("title = 3", 'title = "t"').replace('text = "text"', 'text = ["text"]')
    right = right.replace("regresion", "regression").replace("tset", "test").replace(";;", ";")
    path = tmp_path / "competition.toml"
    for table, told in {
        'labels = ["a"]'
        + right: "labels belong to a classification; remove them or change the task",
        right + "[source]": "source: give exactly one of kaggle and pypi",
    }.items():
        path.write_text(table, encoding="utf-8")
        with pytest.raises(UsageError) as raised:
            load_competition(tmp_path)
        assert raised.value.complaints == (f"{path}: {told}",)


def test_the_competition_of_the_readme_is_one(tmp_path: Path) -> None:
    readme = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
    (written,) = re.findall(r'```toml\n(title = "My cup".*?)```', readme, re.DOTALL)
    (tmp_path / "competition.toml").write_text(written, encoding="utf-8")
    found = load_competition(tmp_path)
    told = {key for key in type(found).model_fields if key not in {"folder", "labels", "source"}}
    assert told == found.model_fields_set - {"folder"}  # every key is in it, but for comments
