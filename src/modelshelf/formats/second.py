"""A second opinion on pickles: what picklescan says about the same bytes, within a budget.

Only the process that looks asks for it. picklescan lists all opcodes of a pickle at once, which for
a hundred megabytes of floats takes a quarter of a minute and 1.5 GB; so it is given few opcodes and
little time, and where they do not suffice our own verdict stands.
"""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from modelshelf.formats import findings as say
from modelshelf.formats.pickles.classes import classify
from modelshelf.formats.pickles.values import Global
from modelshelf.formats.scanner import SCANNER, scanner
from modelshelf.formats.trouble import LimitReached, Malformed

if TYPE_CHECKING:
    from modelshelf.domain.inspection import Finding
    from modelshelf.formats.pickles.scan import StreamOpener

_MOST_BYTES = 64 * 1024 * 1024
_CHUNK = 256 * 1024
_MOST_OPCODES = 1_500_000  # it keeps about 130 bytes of each
_MOST_SECONDS = 5.0
_AGAIN = 0.2  # a signal that comes inside a destructor is lost
_NOT_FOLLOWED = "unknown"  # how it calls a name that it could not follow; our own run can


@cache
def load() -> Any:  # noqa: ANN401 - picklescan has no types
    """Return picklescan's scanner, or nothing where it is not installed."""
    try:
        from picklescan import scanner as library
    except ImportError:
        return None
    return library


class _Spent(BaseException):
    """The budget is used up; no ordinary exception, because picklescan catches those."""


class _Metered(io.BytesIO):
    """Bytes of which only so many opcodes can be read."""

    left = 0

    def read(self, most: int | None = -1, /) -> bytes:
        if most == 1:
            self.left -= 1
            if self.left < 0:
                raise _Spent
        return super().read(most)


class SecondOpinion:
    """Asks picklescan about all pickles of one request, within one budget.

    Attributes:
        ran: Whether it was asked at all.
    """

    def __init__(self, *, opcodes: int = _MOST_OPCODES, seconds: float = _MOST_SECONDS) -> None:
        """Allow so many opcodes and seconds of processor time."""
        self.ran = False
        self._opcodes = opcodes
        self._seconds = seconds

    def signature(self) -> str:
        """Return who gave the verdict."""
        return scanner() if self.ran else SCANNER

    def on(self, opener: StreamOpener, where: str, streams: int | None) -> list[Finding]:
        """Return what it finds dangerous in one file of pickles; see ``pickles.scan.scan``."""
        library = load()
        if library is None:
            return []
        self.ran = True
        data = _beginning(opener)
        try:
            named = self._named(library, data[:_MOST_BYTES], streams)
        except (_Spent, MemoryError):
            self._opcodes = 0
            named = None
        found = [_dangerous(each, where) for each in sorted(named or ()) if not _is_known(each)]
        if named is None or len(data) > _MOST_BYTES:
            detail = "picklescan could not finish in its time; the verdict is our own scan's"
            found.append(say.info("picklescan.unfinished", where, detail))
        return found

    def _named(self, library: Any, data: bytes, streams: int | None) -> set[tuple[str, str]]:  # noqa: ANN401
        """Return the globals that it calls dangerous."""
        if not data:
            return set()
        metered = _Metered(data)
        metered.left = self._opcodes
        with self._timed():
            # Behind so many pickles come bytes of another kind, which are not to be read as one.
            results = [
                library.scan_pickle_bytes(metered, "", multiple_pickles=streams is None)
                for _ in range(streams or 1)
            ]
        self._opcodes = metered.left
        return {
            (each.module, each.name)
            for result in results
            for each in result.globals
            if each.safety is library.SafetyLevel.Dangerous
            and _NOT_FOLLOWED not in (each.module, each.name)
        }

    @contextmanager
    def _timed(self) -> Iterator[None]:
        if self._seconds <= 0:
            raise _Spent
        before = signal.signal(signal.SIGPROF, _stop)
        try:
            signal.setitimer(signal.ITIMER_PROF, self._seconds, _AGAIN)
            self._seconds = 0.0
            try:
                yield
            finally:
                left, _ = signal.setitimer(signal.ITIMER_PROF, 0)
            self._seconds = left
        finally:
            signal.signal(signal.SIGPROF, before)


_ASKED: ContextVar[SecondOpinion | None] = ContextVar("second opinion", default=None)


@contextmanager
def asked() -> Iterator[SecondOpinion]:
    """Have every pickle that is scanned inside the block looked at twice."""
    asking = SecondOpinion()
    token = _ASKED.set(asking)
    try:
        yield asking
    finally:
        _ASKED.reset(token)


def opinion(opener: StreamOpener, where: str, streams: int | None) -> list[Finding]:
    """Return what the second scanner says, if it is asked at all."""
    asking = _ASKED.get()
    return [] if asking is None else asking.on(opener, where, streams)


def _beginning(opener: StreamOpener) -> bytes:
    """Return as much as picklescan is given, and something more; less where the file is broken."""
    parts: list[bytes] = []
    length = 0
    # What breaks the file our own scan has met too, and told.
    with suppress(Malformed, LimitReached, OSError), opener() as stream:
        while length <= _MOST_BYTES and (part := stream.read(_CHUNK)):
            parts.append(part)
            length += len(part)
    return b"".join(parts)


def _is_known(named: tuple[str, str]) -> bool:
    """Tell whether our lists know a global: as harmless, or as code that loading does not call.

    Whether loading does call it, our own run has followed.
    """
    return classify(Global(*named)) in {"known", "code"}


def _dangerous(named: tuple[str, str], where: str) -> Finding:
    return say.dangerous("picklescan.dangerous", where, str(Global(*named)))


def _stop(number: int, frame: object) -> None:  # noqa: ARG001 - how a handler is called
    raise _Spent
