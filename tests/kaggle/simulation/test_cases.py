"""The names of cases."""

import pytest

from foldwise.errors import UsageError
from foldwise.kaggle.simulation.cases import INFERENCE, chosen_cases


def test_all_cases_are_chosen_where_none_is_named() -> None:
    assert chosen_cases([], training=False) == INFERENCE


def test_cases_are_simulated_in_the_order_of_the_matrix() -> None:
    chosen = chosen_cases(["no-gpu", "public"], training=False)
    assert [case.name for case in chosen] == ["public", "no-gpu"]


def test_a_case_of_the_other_kind_of_kernel_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^no case 'hiden' of an inference kernel; did you mean"):
        chosen_cases(["hiden"], training=False)
    with pytest.raises(UsageError, match=r"^no case 'hidden' of a training kernel; known: resumed"):
        chosen_cases(["hidden"], training=True)
