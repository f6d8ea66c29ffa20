"""A receiver of webhooks on this machine that does what a test tells it to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Request:
    """What was posted."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A receiver, and what it was posted."""

    port: int
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook"


Answer = Callable[[socket.socket, Request], object]


def says(answer: bytes) -> Answer:
    """Return what answers with these bytes."""
    return lambda channel, _request: channel.sendall(answer)


@contextmanager
def receiving(answer: Answer | bytes = OK, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Receive in a thread."""
    act = says(answer) if isinstance(answer, bytes) else answer
    with socket.create_server(("127.0.0.1", 0)) as listening:
        receiver = Receiver(listening.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listening, receiver, act, tls))
        thread.start()
        try:
            yield receiver
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(
    listening: socket.socket, receiver: Receiver, act: Answer, tls: ssl.SSLContext | None
) -> None:
    while True:
        try:
            channel, _peer = listening.accept()
        except OSError:
            return
        with suppress(OSError, ValueError, KeyError), channel:
            channel.settimeout(5)
            with tls.wrap_socket(channel, server_side=True) if tls else channel as inner:
                request = _read(inner)
                receiver.requests.append(request)
                act(inner, request)


def _read(channel: socket.socket) -> Request:
    with channel.makefile("rb") as stream:
        line = stream.readline().decode().strip()
        headers: dict[str, str] = {}
        while name := stream.readline().decode().strip():
            key, _, value = name.partition(": ")
            headers[key.lower()] = value
        return Request(line, headers, stream.read(int(headers["content-length"])))
