import os
import signal
import threading

import pytest

from foldwise.errors import Interrupted
from foldwise.training.stopping import StopRequest, stop_on_signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_asks_and_the_loop_leaves_where_it_is_safe(
    number: signal.Signals, code: int
) -> None:
    with stop_on_signals() as stop:
        stop.raise_if_asked()
        assert not stop.asked
        os.kill(os.getpid(), number)
        assert stop.asked
        with pytest.raises(Interrupted) as caught:
            stop.raise_if_asked()
    assert caught.value.exit_code == code
    assert str(caught.value) == (
        f"stopped by {number.name}, everything saved; the same command goes on"
    )


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_an_impatient_second_interrupt_is_immediate(first: signal.Signals) -> None:
    with stop_on_signals():
        os.kill(os.getpid(), first)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_afterwards_signals_do_what_they_did_before() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    with stop_on_signals():
        os.kill(os.getpid(), signal.SIGTERM)
    assert [signal.getsignal(number) for number in numbers] == before
    with pytest.raises(RuntimeError), stop_on_signals():
        raise RuntimeError
    assert [signal.getsignal(number) for number in numbers] == before


def test_in_another_thread_the_request_is_for_others_to_fill_in() -> None:
    before = signal.getsignal(signal.SIGINT)
    asked: list[bool] = []

    def work() -> None:
        with stop_on_signals() as stop:
            stop.ask(signal.SIGTERM)
            asked.append(stop.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert asked == [True]
    assert signal.getsignal(signal.SIGINT) == before


def test_a_request_is_empty_until_somebody_asks() -> None:
    stop = StopRequest()
    stop.raise_if_asked()
    stop.ask(signal.SIGTERM)
    with pytest.raises(Interrupted, match="stopped by SIGTERM"):
        stop.raise_if_asked()
