"""Sockets where no namespace takes the network away."""

import subprocess
import sys
from pathlib import Path

import pytest

from foldwise.kaggle.simulation import blocked_network

BEGIN = "import socket, sys; sys.path.insert(0, {folder!r}); import blocked_network as b; b.block()"
FOLDER = str(Path(blocked_network.__file__).parent)


def said(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"{BEGIN.format(folder=FOLDER)}\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]


@pytest.mark.parametrize(
    "program",
    [
        "socket.create_connection(('192.0.2.1', 80), timeout=5)",
        "socket.create_server(('127.0.0.1', 0))",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "socket.getaddrinfo('example.org', 80)",
        "import urllib.request; urllib.request.urlopen('http://192.0.2.1/')",
    ],
)
def test_nothing_reaches_the_network(program: str) -> None:
    assert "blocked: a kernel has no internet" in said(program)


def test_processes_of_one_machine_can_still_talk() -> None:
    pair = "a, b = socket.socketpair(); a.sendall(b'hello'); print(b.recv(5).decode())"
    assert said(pair) == "hello"
