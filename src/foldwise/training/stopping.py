"""A signal asks for a stop; the loop finishes its step, saves, and only then leaves."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from foldwise.errors import GOES_ON, Interrupted


class StopRequest:
    """Whether somebody asked to stop, and by which signal."""

    def __init__(self) -> None:
        self.signal_number = 0

    def ask(self, signal_number: int) -> None:
        """Ask for a stop at the next safe moment."""
        self.signal_number = signal_number

    @property
    def asked(self) -> bool:
        """True once a stop was asked for."""
        return self.signal_number != 0

    def raise_if_asked(self) -> None:
        """Leave, if a stop was asked for; the caller has saved everything.

        Raises:
            Interrupted: with the signal's exit code, 130 or 143.
        """
        if self.asked:
            name = signal.Signals(self.signal_number).name
            raise Interrupted(self.signal_number, f"stopped by {name}, everything saved; {GOES_ON}")


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """A request that SIGINT or SIGTERM fills in; a second SIGINT interrupts at once.

    Outside the main thread (a notebook's worker, say) signals cannot be caught: the request is then
    for others to fill in.
    """
    request = StopRequest()

    def ask(signal_number: int, _frame: FrameType | None) -> None:
        request.ask(signal_number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
