"""The log written out, so that a stranger can prove it: JSON Lines or CSV, with every sealed field.

Entries are read a page at a time and written as they come, so memory stays flat. A part of the log
goes on to the next checkpoint after it, because only that ties the part to the rest.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Any, Literal

from modelshelf.catalog import audit_reader, checkpoints, driver
from modelshelf.domain.checkpoints import Checkpoint
from modelshelf.domain.errors import Conflict, Corrupt, Invalid, NotFound, Unavailable
from modelshelf.domain.plain import microseconds, moment, moment_text
from modelshelf.domain.text import safe
from modelshelf.registry.sealing import registry_id

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

Form = Literal["jsonl", "csv"]
Progress = Callable[[int, int, str], None]
FORMS: tuple[Form, ...] = ("jsonl", "csv")
FIELDS = ("seq", "at_us", "actor", "event", "subject", "body", "prev", "seal")
GUARDED = "=+-@\t\r\n'＝＋－＠"  # noqa: RUF001 - what spreadsheets take for a formula
"""A text that begins so gets an apostrophe in front in CSV."""
_STEP = 1_000


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds.

    Attributes:
        registry_id: Whose log it is.
        first: The number of its first entry.
        last: That of its last one.
        prev: The seal before the first.
        seal: The seal of the last.
        at: When the last was recorded, UTC.
        wanted: The last entry that was asked for; those after it lead to the checkpoint.
        checkpoint: Its last entry as a line of a checkpoint, to keep beside it.
        path: The file; ``None`` when it went to a stream.
    """

    registry_id: str
    first: int
    last: int
    prev: str
    seal: str
    at: str
    wanted: int
    checkpoint: str
    path: Path | None = None

    @property
    def entries(self) -> int:
        """How many."""
        return self.last - self.first + 1


def export(
    context: Context,
    target: Path | IO[bytes],
    *,
    form: Form,
    since: datetime | int | None,
    until: datetime | int | None,
    progress: Progress | None,
) -> Exported:
    """Write entries to a new file, or to a stream.

    Raises:
        Invalid: The form or a moment is none.
        NotFound: No entry is in the range.
        Conflict: The file is there already.
        Corrupt: An entry cannot be read as text.
        Unavailable: The file cannot be written.
    """
    if form not in FORMS:
        raise Invalid(f"{safe(form, 40)!r} is no form of an export", required=" or ".join(FORMS))
    if isinstance(target, Path) and form == "csv":
        _check_new(_beside(target))
    told = _plan(context, since, until, target if isinstance(target, Path) else None)
    if isinstance(target, Path):
        with _new_file(target) as stream:
            _write(context, stream, told, form, progress)
        if form == "csv":  # which has no place for it inside
            with _new_file(_beside(target)) as stream:
                stream.write(f"{told.checkpoint}\n".encode())
    else:
        _write(context, target, told, form, progress)
    return told


def _plan(
    context: Context,
    since: datetime | int | None,
    until: datetime | int | None,
    path: Path | None,
) -> Exported:
    connection = context.database.reader()
    newest = audit_reader.head(connection, context.seq)[0]
    first = 1 if since is None else _first(connection, since)
    wanted = newest if until is None else min(_last(connection, until), newest)
    if not 1 <= first <= wanted:
        raise NotFound("no entry is in that range", why=f"the newest is {newest}")
    last = wanted if (first, wanted) == (1, newest) else _next_checkpoint(context, wanted, newest)
    ends = list(audit_reader.sealed(connection, first, first))
    ends += audit_reader.sealed(connection, last, last)
    if [row[0] for row in ends] != [first, last]:
        raise Corrupt("the log has a gap", hint="Run modelshelf verify.")
    mine, at = registry_id(context), moment_text(moment(ends[1][1]))
    line = Checkpoint(mine, last, ends[1][7], at).line.rstrip()
    return Exported(mine, first, last, ends[0][6], ends[1][7], at, wanted, line, path)


def _first(connection: driver.Connection, since: datetime | int) -> int:
    if isinstance(since, datetime):
        return audit_reader.seq_from(connection, microseconds(since))
    return _number("since", since)


def _last(connection: driver.Connection, until: datetime | int) -> int:
    if isinstance(until, datetime):
        return audit_reader.seq_at(connection, microseconds(until))
    return _number("until", until)


def _number(kind: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 1 << 63:
        raise Invalid(
            f"{kind} is neither a moment nor the number of an entry", observed=safe(value, 40)
        )
    return value


def _next_checkpoint(context: Context, wanted: int, newest: int) -> int:
    """Return the entry of the first checkpoint from ``wanted`` on; ``wanted`` when none is near."""
    with suppress(OSError):  # verify says what is wrong with the file
        later = [c.seq for c in checkpoints.read(context.root) if wanted <= c.seq <= newest]
        if later:
            return min(later)
    return wanted


def _write(
    context: Context, stream: IO[bytes], told: Exported, form: Form, progress: Progress | None
) -> None:
    rows = _told(_rows(context, told), told, progress)
    for line in _json_lines(told, rows) if form == "jsonl" else _csv_lines(rows):
        stream.write(line)
    stream.flush()


def _rows(context: Context, told: Exported) -> Iterator[tuple[Any, ...]]:
    try:
        yield from audit_reader.sealed(context.database.reader(), told.first, told.last)
    except driver.Error as exc:
        if "decode" not in str(exc):
            raise
        raise Corrupt(
            "an entry cannot be read as text", why=safe(exc, 200), hint="Run modelshelf verify."
        ) from exc


def _told(
    rows: Iterable[tuple[Any, ...]], told: Exported, progress: Progress | None
) -> Iterator[tuple[Any, ...]]:
    for done, row in enumerate(rows, start=1):
        yield row
        if progress is not None and (done % _STEP == 0 or done == told.entries):
            progress(done, told.entries, "entries")


def _json_lines(told: Exported, rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """Yield a line about the export, then one for each entry; all ASCII, so that it prints."""
    head = {
        "modelshelf-export": 1,
        "registry_id": told.registry_id,
        "first": told.first,
        "last": told.last,
        "wanted": told.wanted,
        "prev": told.prev,
        "seal": told.seal,
    }
    yield _json(head)
    for row in rows:
        yield _json(dict(zip(FIELDS, row, strict=True)))


def _json(value: dict[str, Any]) -> bytes:
    return f"{json.dumps(value, separators=(',', ':'))}\n".encode()


def _csv_lines(rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """Yield records of RFC 4180 in UTF-8, the names of the fields first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(FIELDS)
    yield text.getvalue().encode()
    for row in rows:
        text.seek(0)
        text.truncate()
        writer.writerow([_guarded(cell) for cell in row])
        yield text.getvalue().encode()


def _guarded(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers stay as they are."""
    if isinstance(cell, str) and cell.startswith(tuple(GUARDED)):
        return f"'{cell}"
    return cell


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that has its name when it is whole."""
    partial = path.with_name(f".{path.name}.{token_hex(8)}.partial")
    try:
        _check_new(path)
        try:
            with partial.open("xb") as stream:
                yield stream
            partial.rename(path)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise
    except OSError as exc:
        raise Unavailable(f"{safe(path)} cannot be written", why=exc.strerror or str(exc)) from exc


def _check_new(path: Path) -> None:
    try:
        there = path.exists() or path.is_symlink()
    except (OSError, ValueError):  # a name longer than the system takes; opening it says so
        return
    if there:
        raise Conflict(f"{safe(path)} is there already", hint="Name a new file.")


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.checkpoint")
