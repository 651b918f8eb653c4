import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from foldwise.training.seeds import seed_for

TRIPLES = st.lists(st.integers(0, 2**31 - 1), min_size=3, max_size=3)
EXPECTED = 6345996455889900490  # another number would change the results of every run


@given(numbers=TRIPLES)
def test_a_seed_is_what_torch_and_numpy_take(numbers: list[int]) -> None:
    assert 0 <= seed_for("dropout", *numbers) < 2**63


@given(first=TRIPLES, second=TRIPLES)
def test_other_numbers_make_another_seed(first: list[int], second: list[int]) -> None:
    assert (seed_for("x", *first) == seed_for("x", *second)) == (first == second)


def test_each_purpose_fold_and_step_has_its_own_seed() -> None:
    seeds = {
        seed_for(purpose, 42, fold, step)
        for purpose in ("batches", "dropout", "weights")
        for fold in range(5)
        for step in range(100)
    }
    assert len(seeds) == 3 * 5 * 100


def test_a_seed_is_the_same_in_every_process_and_for_ever() -> None:
    code = "from foldwise.training.seeds import seed_for; print(seed_for('dropout', 42, 1, 7))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert int(printed) == seed_for("dropout", 42, 1, 7) == EXPECTED
