"""The command line of the speed benchmark, and the task it describes."""

from pathlib import Path

import numpy as np
import pytest
from speed.flops import ModelShape
from speed.known_lengths import KNOWN, TOKENS_A_WORD, drawn_rows
from speed.options import checked, parser
from speed.section import checked_words
from speed.sections import SECTIONS
from speed.task import Contestant, Rows, Task, contestant_from, read_task

from foldwise.errors import UsageError

SHAPE = ModelShape(layers=2, width=16, matrices=((16, 16), (64, 16)))


def names(*words: str) -> list[str]:
    return checked(parser("").parse_args(words))


def test_all_sections_are_made_unless_some_are_named() -> None:
    assert names() == list(SECTIONS)
    # in the order of the page
    assert names("--sections", "profile,training") == ["training", "profile"]


def test_all_complaints_about_the_options_come_at_once() -> None:
    with pytest.raises(UsageError) as raised:
        names("--sections", "trainin", "--rounds", "0", "--stretch", "2", "--fastai-python", "no")
    told = "\n".join(raised.value.complaints)
    assert "no section 'trainin'; did you mean 'training'" in told
    assert "--rounds is at least 1: got 0" in told
    assert "--stretch needs encoders of random weights: roberta-tiny-random" in told
    assert "--fastai-python no is no file; give an interpreter" in told


def test_words_that_are_in_no_name_are_refused() -> None:
    checked_words(["WISE", "train"], ["Trainer", "Foldwise"])
    with pytest.raises(UsageError) as raised:
        checked_words(["wise", "tranier", "x"], ["Trainer", "Foldwise"])
    assert [told.split(";")[0] for told in raised.value.complaints] == [
        "no contestant has 'tranier' in its name", "no contestant has 'x' in its name",
    ]  # fmt: skip


def test_a_task_survives_its_file(tmp_path: Path) -> None:
    rows = Rows(["a", "b"], None, [0.5, -1.0])
    task = Task(
        encoder="folder", random=False, train=rows, valid=rows.first(1), epochs=2, batch_size=1,
        rate=5e-5, warmup=0.1, weight_decay=0.01, max_length=64, device="cpu", threads=1,
        quality=True, shape=SHAPE,
    )  # fmt: skip
    task.write(tmp_path / "task.json")
    assert read_task(tmp_path / "task.json") == task
    assert task.steps == 4
    # a warm-up is the same work with few rows, and measures nothing else
    assert task.warm_up().epochs == 1
    assert not task.warm_up().quality


def test_a_contestant_survives_its_json() -> None:
    contestant = Contestant("any", "trainer", "bf16", dropout=0.1, grouped=True, rows_at_once=64)
    assert contestant_from(contestant.to_json()) == contestant


@pytest.mark.parametrize("competition", KNOWN)
def test_drawn_lengths_are_those_that_are_known(competition: str) -> None:
    rows = drawn_rows(competition, 4000, 1000, 512, 1.0)
    words = np.array([len(ids) - 2 for ids in rows.ids or ()]) / TOKENS_A_WORD
    known = KNOWN[competition]
    # what is cut at both ends, and rounded, moves the mean by less than a twentieth
    assert words.mean() == pytest.approx(known.mean, rel=0.05)
    assert known.least - 0.5 <= words.min() <= words.max() <= known.most + 0.5
    assert all(0 <= min(ids) <= max(ids) < 1000 for ids in rows.ids or ())
