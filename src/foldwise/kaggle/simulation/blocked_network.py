"""Stands on the kernel's path as `sitecustomize`: Python sockets reach nothing.

Only where there are no network namespaces. It imports nothing of this package, since it is copied.
"""

import errno
import socket
from typing import Any, NoReturn

LOCAL = {getattr(socket, "AF_UNIX", None)}
REFUSED = ("connect", "connect_ex", "bind", "sendto", "sendmsg")


def refuse(*_arguments: object, **_named: object) -> NoReturn:
    """Raise what a machine without a network raises."""
    raise OSError(errno.ENETUNREACH, "Network is unreachable (blocked: a kernel has no internet)")


def _guarded(name: str) -> Any:
    plain = getattr(socket.socket, name)

    def call(self: socket.socket, *arguments: Any, **named: Any) -> Any:
        if self.family not in LOCAL:
            refuse()
        return plain(self, *arguments, **named)

    return call


def block() -> None:
    """Let every socket of this process but local ones refuse to connect, bind or send."""
    for name in REFUSED:
        if hasattr(socket.socket, name):
            setattr(socket.socket, name, _guarded(name))
    socket.getaddrinfo = refuse
    socket.gethostbyname = refuse


if __name__ == "sitecustomize":
    block()
