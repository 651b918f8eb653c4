import pytest

from foldwise.errors import UsageError
from foldwise.settings import Settings, Tracking
from foldwise.tuning.names import is_trial, study_name, trial_name


def test_a_trials_name_is_that_of_a_run_whatever_its_studys_length() -> None:
    study = study_name("a" * 70)
    name = trial_name(study, 12345, Settings(competition="tiny"))
    assert len(name) <= 100
    assert is_trial(name)
    assert not is_trial(study)


def test_other_settings_make_another_name_and_the_same_the_same() -> None:
    first, other = Settings(competition="tiny"), Settings(competition="tiny", seed=7)
    assert trial_name("s.tuning", 3, first) == trial_name("s.tuning", 3, first)
    assert trial_name("s.tuning", 3, first) != trial_name("s.tuning", 3, other)


def test_what_changes_no_result_changes_no_name() -> None:
    plain = Settings(competition="tiny")
    followed = Settings(competition="tiny", tracking=Tracking(tensorboard=True))
    assert trial_name("s.tuning", 3, followed) == trial_name("s.tuning", 3, plain)


def test_a_name_too_long_for_its_trials_is_refused() -> None:
    with pytest.raises(UsageError, match=r"up to 70 characters, .* got 71; shorten it"):
        study_name("a" * 71)
