"""The bytes of a pickle from front to back, with the frames of protocol 4 checked on the way."""

from __future__ import annotations

from typing import BinaryIO

from modelshelf.formats.reading import Readable
from modelshelf.formats.trouble import Malformed

_CHUNK = 256 * 1024
KEPT = 1_000


class ByteStream:
    """A forward reader with a window, for single bytes at speed.

    Reading pauses at the end of the current frame, so that an opcode which crosses it is noticed
    without a check for every opcode. A broken frame is a fault and not the end: Python's two
    unpicklers disagree about frames, and one of them would go on.

    Attributes:
        size: Total length when it is known, as for a file; None for decompressed bytes.
        faults: What is wrong with the frames, with the byte where it was first seen.
    """

    def __init__(
        self, source: Readable, size: int | None = None, *, seekable: BinaryIO | None = None
    ) -> None:
        """Read from ``source``; when it is also ``seekable``, long runs are not even read."""
        self._source = source
        self._seekable = seekable
        self._window = b""
        self._base = 0  # position of the window's first byte
        self._at = 0
        self._stop = 0  # where in the window reading has to pause: its end, or the frame's
        self._frame_end: int | None = None
        self.size = size
        self.faults: dict[str, int] = {}

    @property
    def position(self) -> int:
        """Number of bytes consumed."""
        return self._base + self._at

    def read(self, most: int, /) -> bytes:
        """Return up to ``most`` bytes; none at the end."""
        if self.at_end():
            return b""
        data = self._window[self._at : min(self._at + most, self._stop)]
        self._at += len(data)
        return data

    def opcode(self) -> int:
        """Return the next opcode; the stream must not end before STOP."""
        if self._at >= self._stop and self.at_end():
            raise Malformed(f"the pickle ends at byte {self.position:,} without STOP")
        value = self._window[self._at]
        self._at += 1
        return value

    def take(self, count: int) -> bytes:
        """Return exactly ``count`` bytes, few enough to keep."""
        end = self._at + count
        if end <= self._stop:
            data = self._window[self._at : end]
            self._at = end
            return data
        parts: list[bytes] = []
        while count:
            self._continue(count)
            part = self._window[self._at : min(self._at + count, self._stop)]
            self._at += len(part)
            count -= len(part)
            parts.append(part)
        return b"".join(parts)

    def line(self) -> bytes | None:
        """Return the bytes up to a newline, which is consumed; None when they are too many.

        A file may end inside the line. Python then takes its last byte for the newline, and so
        does this.
        """
        parts: list[bytes] = []
        length = 0
        while True:
            if self._at >= self._stop and self._ends_here():
                return b"".join(parts)[:-1] if length <= KEPT else None
            self._continue(1)
            end = self._window.find(b"\n", self._at, self._stop)
            stop = self._stop if end < 0 else end
            length += stop - self._at
            if length <= KEPT:
                parts.append(self._window[self._at : stop])
            self._at = stop
            if end >= 0:
                self._at += 1
                return b"".join(parts) if length <= KEPT else None

    def skip(self, count: int) -> None:
        """Move over ``count`` bytes."""
        if self.size is not None and count > self.size - self.position:
            raise Malformed(
                f"{count:,} bytes are promised at byte {self.position:,}, "
                f"{self.size - self.position:,} are there"
            )
        while count:
            if self._jump(count):
                return
            self._continue(count)
            step = min(count, self._stop - self._at)
            self._at += step
            count -= step

    def enter_frame(self, length: int) -> None:
        """Begin a frame of ``length`` bytes here."""
        if not self.leave_frame():
            self._fault("a frame begins inside another")
        if self.size is not None and length > self.size - self.position:
            self._fault("a frame is longer than the file")
            return
        self._frame_end = self.position + length
        self._stop = min(len(self._window), self._at + length)

    def leave_frame(self) -> bool:
        """End the current frame and tell whether nothing of it was left."""
        finished = self._frame_end is None or self.position >= self._frame_end
        self._frame_end = None
        self._stop = len(self._window)
        return finished

    def stop(self) -> None:
        """Take note that the pickle ends here."""
        if not self.leave_frame():
            self._fault("STOP stands inside an unfinished frame")

    def at_end(self) -> bool:
        """Tell whether all bytes are consumed; a frame that ends here is left."""
        if self._at < self._stop:
            return False
        if self.position == self._frame_end:
            self._frame_end = None
        return not self._more()

    def _continue(self, count: int) -> None:
        """Have at least one more byte for an argument of which ``count`` bytes are missing."""
        if self._at < self._stop:
            return
        if self.position == self._frame_end:
            self._fault("an opcode crosses the end of its frame")
            self._frame_end = None
        if not self._more():
            raise Malformed(
                f"the pickle ends at byte {self.position:,}, {count:,} bytes are missing"
            )

    def _fault(self, sentence: str) -> None:
        self.faults.setdefault(sentence, self.position)

    def _more(self) -> bool:
        if self._at >= len(self._window):
            self._base, self._at = self.position, 0
            self._window = self._source.read(_CHUNK)
        self._stop = len(self._window)
        if self._frame_end is not None:
            self._stop = min(self._stop, self._frame_end - self._base)
        return self._at < self._stop

    def _ends_here(self) -> bool:
        return self.position != self._frame_end and not self._more()

    def _jump(self, count: int) -> bool:
        ahead = count - (len(self._window) - self._at)
        if self._seekable is None or self._frame_end is not None or ahead < _CHUNK:
            return False
        self._seekable.seek(ahead, 1)
        self._base, self._at, self._stop = self.position + count, 0, 0
        self._window = b""
        return True
