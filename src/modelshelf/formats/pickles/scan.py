"""Reads all pickles of one file and says in findings what loading it could do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO

from modelshelf.domain.inspection import UNKNOWN_GLOBAL, Finding
from modelshelf.formats import findings as say
from modelshelf.formats import second
from modelshelf.formats.pickles.classes import classify, runs_code
from modelshelf.formats.pickles.machine import Budget, Run
from modelshelf.formats.pickles.stack import Seen, Stack
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.source import SourceFile
from modelshelf.formats.trouble import LimitReached, Malformed

StreamOpener = Callable[[], AbstractContextManager[ByteStream]]

_MOST_STREAMS = 1_000
_PROBED_OPCODES = 20_000
# What the symbolic run meets in a stream that no unpickler could read.
_BROKEN = (Malformed, ArithmeticError, LookupError, ValueError)
CAN_EXECUTE = "pickle.can_execute"
"""The rule of the finding that every pickle has."""
_ADVICE = "a pickle can run code when it is loaded; load it only from people you trust"


@dataclass(slots=True)
class Reading:
    """One way in which a loader would read the file.

    Attributes:
        seen: What the pickles in it would do.
        roots: What unpickling each of them would give.
        end: The byte behind the last one that was read.
        trouble: Why reading stopped early, if it did.
        faults: What is wrong with its frames, with the byte.
    """

    seen: Seen = field(default_factory=Seen)
    roots: list[object] = field(default_factory=list)
    end: int = 0
    trouble: Exception | None = None
    faults: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PickleScan:
    """What is known about a file of pickles without loading it.

    Attributes:
        reading: How the loader that the file was made for reads it.
        findings: What a person should know.
        finished: Whether everything was looked at.
    """

    reading: Reading
    findings: tuple[Finding, ...]
    finished: bool


@contextmanager
def stream_of(file: SourceFile) -> Iterator[ByteStream]:
    """Open a file of a source as a stream in which long data is skipped and not read."""
    with file.open() as opened:
        yield ByteStream(opened, file.size, seekable=opened)


def scan(
    opener: StreamOpener, where: str, *, streams: int | None = None, outside: bool = False
) -> PickleScan:
    """Return what the pickles in one file would do.

    A file of joblib has raw arrays between its opcodes, which ``pickle.load`` would read as
    opcodes: both readings are made, because either may be the one that runs.

    Args:
        opener: Opens the bytes from the start, each time anew.
        where: Name for the findings.
        streams: How many pickles there are before bytes of another kind; without it, all bytes
            are pickles.
        outside: Whether the format keeps objects outside its pickle.
    """
    reading = _read(opener, streams, joblib=True)
    findings = [say.warning(CAN_EXECUTE, where, _ADVICE)]
    findings += _globals(reading, where)
    findings += _puzzles(reading, where, outside=outside)
    if len(reading.roots) > 1 and streams is None:
        detail = f"{len(reading.roots):,} pickles follow each other in one file"
        findings.append(say.warning("pickle.second_stream", where, detail))
    if reading.seen.arrays:
        findings += _hidden(reading, _read(opener, streams, joblib=False), where)
    findings += _trouble(reading, where)
    findings += second.opinion(opener, where, streams)
    return PickleScan(reading, tuple(findings), not isinstance(reading.trouble, LimitReached))


def looks_like_pickle(head: bytes, *, whole: bool) -> bool:
    """Tell whether bytes begin as a pickle that an unpickler would do something with.

    Text can begin with a few valid opcodes, so a pickle without its PROTO mark has to call
    something or to end exactly where the file ends.

    Args:
        head: The first bytes.
        whole: Whether these are all there are.
    """
    stream = ByteStream(BytesIO(head))
    seen = Seen()
    marked = head[:1] == b"\x80"
    try:
        Run(stream, Stack(seen, joblib=True), Budget(_PROBED_OPCODES)).to_stop()
    except (*_BROKEN, LimitReached) as trouble:
        cut = isinstance(trouble, LimitReached) or stream.at_end()
        return seen.calls > 0 or (marked and cut and stream.position > 1)
    return marked or seen.calls > 0 or (whole and stream.at_end())


def _read(opener: StreamOpener, streams: int | None, *, joblib: bool) -> Reading:
    reading = Reading()
    budget = Budget()
    most = _MOST_STREAMS if streams is None else streams
    with opener() as stream:
        reading.faults = stream.faults
        try:
            while len(reading.roots) < most:
                run = Run(stream, Stack(reading.seen, joblib=joblib), budget)
                reading.roots.append(run.to_stop())
                reading.end = stream.position
                if stream.at_end():
                    return reading
        except (*_BROKEN, LimitReached) as trouble:
            reading.trouble = trouble
    if streams is None and reading.trouble is None:
        reading.trouble = LimitReached(f"more than {_MOST_STREAMS:,} pickles in one file")
    return reading


def _globals(reading: Reading, where: str) -> Iterator[Finding]:
    code = False
    for symbol, position in reading.seen.globals.items():
        sort = classify(symbol)
        place = f"{where} at byte {position:,}"
        if sort == "dangerous":
            yield say.dangerous("pickle.global.dangerous", place, str(symbol))
        elif sort != "known":
            yield say.warning(UNKNOWN_GLOBAL, place, str(symbol))
            code = code or sort == "code"
    if code:
        detail = "functions or classes are stored in it as code, which nobody has looked at"
        yield say.warning("pickle.code", where, detail)


def _puzzles(reading: Reading, where: str, *, outside: bool) -> Iterator[Finding]:
    for rule, sentences in (
        ("pickle.unresolvable", reading.seen.unresolved),
        ("pickle.malformed", reading.faults),
    ):
        for sentence, position in sentences.items():
            yield say.dangerous(rule, f"{where} at byte {position:,}", sentence)
    for (rule, sentence), position in reading.seen.abuses.items():
        yield say.dangerous(rule, f"{where} at byte {position:,}", sentence)
    if reading.seen.persistent and not outside:
        detail = "it refers to objects outside the file, which its loader has to supply"
        yield say.warning("pickle.persistent_id", where, detail)


def _hidden(reading: Reading, other: Reading, where: str) -> Iterator[Finding]:
    """Yield what only a loader would see that takes the arrays' bytes for opcodes.

    Of an honest array of objects that loader sees a pickle whose memo numbers have shifted. So
    only denied names count, and none called ``dtype``: that is the name which such an array asks
    for, of whatever stands under the wrong number, and no denied module has it.
    """
    for symbol, position in other.seen.globals.items():
        if symbol in reading.seen.globals or symbol.name == "dtype":
            continue
        if runs_code(symbol):
            place = f"{where} at byte {position:,}"
            detail = f"{symbol} is hidden in what is an array to joblib and code to pickle"
            yield say.dangerous("pickle.two_readings", place, detail)


def _trouble(reading: Reading, where: str) -> Iterator[Finding]:
    trouble = reading.trouble
    if trouble is None:
        return
    detail = getattr(trouble, "detail", "") or f"{type(trouble).__name__}: {trouble}"
    if isinstance(trouble, LimitReached):
        yield say.warning("pickle.limit", where, detail)
    elif reading.roots:
        place = f"{where} at byte {reading.end:,}"
        yield say.dangerous("pickle.trailing", place, f"after the pickle: {detail}")
    else:
        rule = getattr(trouble, "rule", "") or "pickle.malformed"
        yield say.dangerous(rule, where, detail)
