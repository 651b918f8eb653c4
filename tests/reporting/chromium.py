"""A headless Chromium, spoken to through a pipe: nothing but the standard library is needed.

https://chromedevtools.github.io/devtools-protocol/; `--remote-debugging-pipe` reads messages from
file descriptor 3 and writes them to 4, each ended by a NUL.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 120.0  # to answer, on a machine that is busy
# the pipe's ends are put where Chromium expects them, in a process that becomes Chromium
LAUNCHER = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for end, place in zip(ends, (3, 4)):
    os.dup2(end, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


def chromium_path() -> str | None:
    """Where Chromium is; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Tab:
    """One page, and all that it logged and asked for."""

    def __init__(self, browser: "Chromium", session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a method of the protocol, in this page."""
        return self._browser.call(method, self._session, **parameters)

    def open(self, path: Path, width: int, *, dark: bool, phone: bool = False) -> None:
        """Open a file at a width in CSS pixels, in the system's light or dark theme."""
        self._browser.events.clear()
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=phone,
        )  # fmt: skip
        theme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=theme)
        self.call("Page.navigate", url=path.absolute().as_uri())
        self._browser.wait_for("Page.loadEventFired")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise AssertionError(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def complaints(self) -> list[str]:
        """Everything that was logged, thrown or refused since the page was opened."""
        kinds = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [json.dumps(e["params"]) for e in self._browser.events if e["method"] in kinds]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        sent = [e for e in self._browser.events if e["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def screenshot(self, path: Path) -> None:
        """The whole page as PNG."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(base64.b64decode(found["data"]))

    def pdf(self, path: Path) -> None:
        """The page as it is printed."""
        found = self.call("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(found["data"]))


class Chromium:
    """A browser without a window."""

    def __init__(self, write_end: int, read_end: int) -> None:
        self._write, self._read = write_end, read_end
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def tab(self) -> Tab:
        """A new empty page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        return Tab(self, found["sessionId"])

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The result of a method of the protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def wait_for(self, method: str) -> None:
        """Wait until an event of this name has come since the page was opened."""
        while all(event["method"] != method for event in self.events):
            self.events.append(self._message())

    def _message(self) -> dict[str, Any]:
        end = time.monotonic() + SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(f"Chromium has not answered for {SECONDS:.0f} seconds")
            data = os.read(self._read, 1 << 16)
            if not data:
                raise ConnectionError("Chromium has ended")
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def running_chromium(program: str, profile: Path) -> Iterator[Chromium]:
    """A running browser with a profile of its own; it ends with the block."""
    (to_read, to_write), (from_read, from_write) = os.pipe(), os.pipe()
    # no sandbox: as root, which containers are, Chromium has none
    flags = ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"]
    flags += ["--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking"]
    flags += [f"--user-data-dir={profile}", "--hide-scrollbars"]
    words = [sys.executable, "-c", LAUNCHER, str(to_read), str(from_write), program, *flags]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, pass_fds=(to_read, from_write), stdout=quiet, stderr=quiet)
    os.close(to_read)
    os.close(from_write)
    try:
        yield Chromium(to_write, from_read)
    finally:
        os.close(to_write)  # the browser ends when nobody speaks to it
        process.terminate()
        process.wait()
        os.close(from_read)
