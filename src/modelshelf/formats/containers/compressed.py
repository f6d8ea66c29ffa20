"""Decompresses gzip, zlib, bz2, xz and lzma streams piece by piece and refuses bombs."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable
from typing import Protocol

from modelshelf.formats.reading import Readable
from modelshelf.formats.trouble import LimitReached, Malformed

_CHUNK = 64 * 1024
_ALWAYS_ALLOWED = 64 * 1024 * 1024
_MOST_RATIO = 50
_MOST = 2 * 1024 * 1024 * 1024
_LZMA_MEMORY = 128 * 1024 * 1024
_BZ2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_ZLIB = re.compile(rb"x[\x01\x5e\x9c\xda]")

LZ4_MAGIC = b"\x04\x22\x4d\x18"


class Decompressor(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was met."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Input behind the end of the stream."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return up to ``max_length`` bytes and keep input that is not used yet."""
        ...


class _Inflater:
    """Gives zlib's decompressor the manners of the other two: it keeps its own leftover input."""

    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        try:
            return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        except zlib.error as error:
            raise Malformed(f"the compressed data is broken: {error}") from error


Compression = tuple[str, Callable[[], Decompressor]]
"""The name of a compression and what makes its decompressors."""


def raw_deflate() -> Decompressor:
    """Return a decompressor for a deflated zip member."""
    return _Inflater(-zlib.MAX_WBITS)


def compression(head: bytes) -> Compression | None:
    """Return the name and decompressor that the first bytes call for, or nothing.

    Sources: RFC 1950 (zlib, of which only the headers that zlib writes for its largest window,
    because others are the beginnings of pickles), RFC 1952 (gzip), the bzip2 and xz file formats.
    """
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip", lambda: _Inflater(16 + zlib.MAX_WBITS)
    if _BZ2.match(head):
        return "bz2", bz2.BZ2Decompressor
    if head.startswith((b"\xfd7zXZ\x00", b"\x5d\x00\x00")):
        return "xz", lambda: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)
    if _ZLIB.match(head):
        return "zlib", lambda: _Inflater(zlib.MAX_WBITS)
    return None


class Decompressed:
    """The decompressed bytes of a whole file, of which more than one stream may follow another."""

    def __init__(self, file: Readable, factory: Callable[[], Decompressor]) -> None:
        """Read from ``file`` with a new decompressor for every stream."""
        self._file = file
        self._factory = factory
        self._current = factory()
        self._input = 0
        self._output = 0
        self._ended = False

    def read(self, most: int, /) -> bytes:
        """Return up to ``most`` bytes; none at the end.

        Raises:
            Malformed: The compressed data is broken, cut or followed by something else.
            LimitReached: It grows beyond what an honest file does.
        """
        waiting = b""
        while most > 0 and not self._ended:
            data = self._step(waiting, most)
            if data:
                return data
            if self._current.eof:
                waiting = self._next_stream()
            else:
                waiting = self._fetch()
                if not waiting:
                    raise Malformed("the compressed data ends early")
        return b""

    def _step(self, waiting: bytes, most: int) -> bytes:
        if self._current.eof:
            return b""
        try:
            data = self._current.decompress(waiting, most)
        except lzma.LZMAError as error:
            if "limit" in str(error).lower():
                raise LimitReached("unpacking needs too much memory") from error
            raise Malformed(f"the compressed data is broken: {error}") from error
        except (OSError, ValueError, EOFError) as error:
            raise Malformed(f"the compressed data is broken: {error}") from error
        self._output += len(data)
        allowed = max(_ALWAYS_ALLOWED, self._input * _MOST_RATIO)
        if self._output > min(allowed, _MOST):
            raise LimitReached(
                f"{self._input:,} compressed bytes grow to more than {self._output - 1:,}"
            )
        return data

    def _fetch(self) -> bytes:
        data = self._file.read(_CHUNK)
        self._input += len(data)
        return data

    def _next_stream(self) -> bytes:
        rest = self._current.unused_data or self._fetch()
        while rest and not rest.strip(b"\x00"):  # padding, as xz and tape-born gzip files have
            rest = self._fetch()
        self._ended = not rest
        if rest:
            self._current = self._factory()
        return rest
