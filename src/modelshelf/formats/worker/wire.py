"""Messages between the two processes: JSON behind its length, with at most one open file each."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from typing import Any

MOST = 64 * 1024 * 1024
_LENGTH = struct.Struct("!I")
_AT_ONCE = 64 * 1024


class Wire:
    """One end of the pair of sockets."""

    def __init__(self, end: socket.socket) -> None:
        """Speak over ``end``."""
        self._end = end
        self._waiting = bytearray()  # what has come of the next messages

    def close(self) -> None:
        """Close this end; the other one is told."""
        self._end.close()

    def send(self, message: object, descriptor: int | None = None) -> None:
        """Send plain values, and an open file of which the other side gets its own descriptor.

        Raises:
            ValueError: The message is too long, or holds what JSON cannot.
            OSError: The other side is gone.
        """
        text = json.dumps(message, separators=(",", ":"), check_circular=False).encode()
        if len(text) > MOST:
            raise ValueError(f"a message of {len(text):,} bytes")
        frame = _LENGTH.pack(len(text)) + text
        if descriptor is None:
            self._end.sendall(frame)
            return
        sent = socket.send_fds(self._end, [frame], [descriptor])
        if sent < len(frame):
            self._end.sendall(memoryview(frame)[sent:])

    def receive(self, deadline: float) -> Any:  # noqa: ANN401 - whatever the other side says
        """Return the next message; descriptors are not taken.

        Args:
            deadline: In the seconds of ``time.monotonic``.

        Raises:
            EOFError: The other side is gone.
            TimeoutError: The deadline has passed.
            ValueError: It is no message.
        """
        while (text := self._next()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._end.settimeout(left)
            self._add(self._end.recv(_AT_ONCE))
        self._end.settimeout(None)
        return json.loads(text)

    def receive_with_file(self) -> tuple[Any, int | None]:
        """Return the next message, however long it takes, and the file that came with it.

        Raises:
            EOFError: The other side is gone.
        """
        descriptors: list[int] = []
        while (text := self._next()) is None:
            data, came, _, _ = socket.recv_fds(self._end, _AT_ONCE, 1)
            descriptors += came
            self._add(data)
        for extra in descriptors[1:]:
            os.close(extra)
        return json.loads(text), descriptors[0] if descriptors else None

    def _next(self) -> bytearray | None:
        """Take a message out of what has come, if there is a whole one."""
        if len(self._waiting) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._waiting)
        if length > MOST:
            raise ValueError(f"a message of {length:,} bytes")
        end = _LENGTH.size + length
        if len(self._waiting) < end:
            return None
        text = self._waiting[_LENGTH.size : end]
        del self._waiting[:end]
        return text

    def _add(self, data: bytes) -> None:
        if not data:
            raise EOFError
        self._waiting += data
