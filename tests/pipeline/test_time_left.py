"""Time that several runs share."""

from dataclasses import replace

from foldwise.pipeline.time_left import TimeLeft
from foldwise.training.run import RunRequest
from tests.tiny_tfidf import tfidf_settings

REQUEST = RunRequest("a", tfidf_settings())


def test_without_a_limit_a_request_stays_as_it_is() -> None:
    left = TimeLeft(None)
    left.learn([1e9])
    assert left.of(REQUEST) is REQUEST


def test_a_run_gets_what_is_left_while_a_fold_may_still_end() -> None:
    left = TimeLeft(100.0)
    left.learn([60.0, 20.0])
    given = left.of(replace(REQUEST, max_seconds=100.0)).max_seconds
    assert given is not None
    assert 90 < given <= 100


def test_a_run_gets_nothing_where_no_fold_would_end_in_time() -> None:
    left = TimeLeft(100.0)
    left.learn([20.0])
    left.learn([101.0, 3.0])
    assert left.of(REQUEST).max_seconds == 0
