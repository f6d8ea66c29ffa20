"""The past and the proof: entries replayed into a scratch copy of the tables.

``past`` answers "as it was then"; ``check_replay`` holds the live tables against what the log says
they must be. Neither needs anything but the driver.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from modelshelf.catalog import driver
from modelshelf.catalog.audit import seal_of
from modelshelf.catalog.projection import apply
from modelshelf.catalog.rows import Rows, Stamp
from modelshelf.domain.audit import FIRST_PREV, Problem
from modelshelf.domain.errors import Corrupt, ModelshelfError, Unavailable
from modelshelf.domain.events import read_event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modelshelf.catalog.driver import Connection

_NOT_REPLAYED = ("audit", "sighting", "delivery", "hook_mark", "lease")
_FULL_TEXT = {"model_text": "name", "tag_text": "value"}
_LOG = (
    "SELECT seq, at_us, actor, event, subject, body, prev, seal FROM live.audit"
    " WHERE seq > :after ORDER BY seq"
)
_ENTRIES = "SELECT a.seq, a.at_us, a.actor, a.event, a.body FROM audit a"
_NOT_AN_ENTRY = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_SHOWN = 20
_STEP = 5_000
"""Entries between two reports of progress."""


def _definitions(connection: Connection, source: str = "main") -> Iterator[tuple[str, str, str]]:
    """Yield (type, name, SQL) of the projections, as the live file defines them."""
    rows = connection.execute(
        f"SELECT type, name, tbl_name, sql FROM {source}.sqlite_master"
        " WHERE sql IS NOT NULL"
        " ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END"
    ).fetchall()
    for kind, name, table, sql in rows:
        shadow = any(table.startswith(f"{text}_") for text in _FULL_TEXT)
        if table not in _NOT_REPLAYED and not shadow:
            yield kind, name, sql


def past(live: Connection, seq: int, models: frozenset[int] | None = None) -> Connection:
    """Return a scratch database with the tables as they were after entry ``seq``.

    Args:
        live: A reader of the catalog.
        seq: The last entry that counts.
        models: Replay only what concerns the models with these ids, which is enough for questions
            about them and takes milliseconds; ``None`` replays everything.
    """
    scratch = driver.open_scratch()
    try:
        _fill(scratch, live, seq, models)
    except BaseException:
        scratch.close()
        raise
    scratch.execute("PRAGMA query_only = ON")
    return scratch


def _fill(scratch: Connection, live: Connection, seq: int, models: frozenset[int] | None) -> None:
    scratch.execute("BEGIN")
    for _kind, _name, sql in _definitions(live):
        scratch.execute(sql)
    if models is None:
        rows = live.execute(f"{_ENTRIES} WHERE a.seq <= :seq ORDER BY a.seq", {"seq": seq})
    else:
        among = "(SELECT seq FROM mention WHERE model_id IN (SELECT value FROM json_each(:models)))"
        rows = live.execute(
            f"{_ENTRIES} WHERE a.seq <= :seq AND a.seq IN {among} ORDER BY a.seq",
            {"seq": seq, "models": json.dumps(sorted(models))},
        )
    with closing(rows):  # see rebuild: a cursor left behind may disturb the next one
        replay(rows, Rows(scratch.execute, scratch.executemany))
    scratch.execute("COMMIT")


def replay(log: Iterable[Any], out: Rows) -> int:
    """Apply the entries of ``log`` (seq, at_us, actor, event, body) in turn; return how many.

    Raises:
        Corrupt: An entry cannot be replayed; the log was edited, or a newer release wrote it.
    """
    number = count = 0
    try:
        for number, at_us, actor, event, body in log:
            apply(read_event(event, json.loads(body)), Stamp(number, at_us, actor), out)
            count += 1
        out.flush()
    except (*_NOT_AN_ENTRY, ModelshelfError, driver.IntegrityError) as exc:
        raise Corrupt(
            f"the audit log cannot be replayed up to entry {number}",
            why=exc.what if isinstance(exc, ModelshelfError) else str(exc),
            hint=(isinstance(exc, ModelshelfError) and exc.hint)
            or "Run modelshelf verify to see which entries were changed.",
        ) from exc
    return count


def open_check(path: Path, *, immutable: bool = False) -> Connection:
    """Open a scratch database with the catalog at ``path`` attached as ``live``."""
    scratch = driver.open_scratch()
    scratch.execute("ATTACH ? AS live", (driver.address(path, immutable=immutable),))
    return scratch


class Check:
    """One pass over the log: the chain of seals, and what the tables must be by now."""

    def __init__(self, scratch: Connection, start: tuple[int, str] = (0, FIRST_PREV)) -> None:
        """Check the catalog attached to ``scratch`` as ``live``.

        Args:
            scratch: The scratch database.
            start: Number and seal of the entry after which to begin; the first by default, which
                a replay needs.
        """
        self._scratch = scratch
        self.first = start[0] + 1
        self.problems: list[Problem] = []
        self.entries = 0
        self.rows = 0
        self.head = start

    def run(self, *, replay: bool, progress: Callable[[int, int, str], None] | None = None) -> None:
        """Check the chain and, if asked to, the tables.

        Args:
            replay: Whether to compare the tables.
            progress: Called with how many are done, how many there are (0 when nobody counted
                them) and of what.
        """
        self._scratch.execute("BEGIN")
        out = self._tables() if replay else None
        for row in self._log():
            self._link(row)
            if out is not None:
                self._fold(row, out)
            self.entries += 1
            if progress is not None and self.entries % _STEP == 0:
                progress(self.head[0], 0, "entries")
        if out is not None:
            self._flush(out)
            self._compare(progress)
        self._scratch.execute("ROLLBACK")

    def _log(self) -> Iterator[Any]:
        """Yield the entries, those too whose text somebody made unreadable."""
        last = self.head[0]
        try:
            with closing(self._scratch.execute(_LOG, {"after": last})) as log:
                for row in log:
                    last = row[0]
                    yield row
        except driver.OperationalError as exc:
            if "decode" not in str(exc):
                raise
            self._scratch.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
            yield from self._scratch.execute(_LOG, {"after": last})

    def _link(self, row: Any) -> None:  # noqa: ANN401 - a row of the log
        seq, at_us, actor, event, subject, body, prev, seal = row
        last_seq, last_seal = self.head
        if seq != last_seq + 1:
            self._note(f"entry {last_seq + 1}", f"is missing: entry {seq} follows entry {last_seq}")
        if prev != last_seal:
            self._note(f"entry {seq}", "does not follow the seal of the entry before it")
        try:
            found = seal_of(seq, at_us, actor, event, subject, body, prev)
        except UnicodeEncodeError:
            found = ""
        if found != seal:
            self._note(f"entry {seq}", "was changed after it was sealed")
        self.head = (seq, seal)

    def _note(self, where: str, what: str) -> None:
        self.problems.append(Problem(where, what))

    def _tables(self) -> Rows:
        for kind, _name, sql in _definitions(self._scratch, "live"):
            unique = kind == "index" and sql.upper().startswith("CREATE UNIQUE")
            if (kind == "table" and "VIRTUAL" not in sql.upper()) or unique:
                self._scratch.execute(sql)
        for table, column in _FULL_TEXT.items():  # written to like the index, never searched
            self._scratch.execute(f"CREATE TABLE main.{table} ({column})")
        return Rows(self._scratch.execute, self._scratch.executemany)

    def _fold(self, row: Any, out: Rows) -> None:  # noqa: ANN401 - a row of the log
        try:
            event = read_event(row[3], json.loads(row[5]))
            apply(event, Stamp(row[0], row[1], row[2]), out)
        except (*_NOT_AN_ENTRY, ModelshelfError, driver.Error) as exc:
            _raise_if_full(exc)
            self._note(f"entry {row[0]}", f"cannot be replayed: {exc}")

    def _flush(self, out: Rows) -> None:
        try:
            out.flush()
        except (*_NOT_AN_ENTRY, driver.Error) as exc:
            _raise_if_full(exc)
            self._note(f"entry {self.head[0]}", f"the log cannot be replayed up to here: {exc}")

    def _compare(self, progress: Callable[[int, int, str], None] | None) -> None:
        tables = [
            name
            for kind, name, sql in _definitions(self._scratch, "live")
            if kind == "table" and "VIRTUAL" not in sql.upper()
        ]
        for done, name in enumerate(tables, start=1):
            self._compare_table(name)
            if progress is not None:
                progress(done, len(tables), "tables")

    def _compare_table(self, table: str) -> None:
        columns = self._scratch.execute(f"PRAGMA main.table_info({table})").fetchall()
        keys = [c[1] for c in columns if c[5]] or [c[1] for c in columns]
        counts = [
            self._scratch.execute(f"SELECT count(*) FROM {db}.{table}").fetchone()[0]
            for db in ("main", "live")
        ]
        self.rows += counts[1]
        on = " AND ".join(f'f."{k}" = l."{k}"' for k in keys)
        same = " AND ".join(f'f."{c[1]}" IS l."{c[1]}"' for c in columns)
        alike = self._scratch.execute(
            f"SELECT count(*) FROM main.{table} f CROSS JOIN live.{table} l ON {on} WHERE {same}"
        ).fetchone()[0]
        if alike == counts[0] == counts[1]:
            return
        self._differences(table, keys, on, same)

    def _differences(self, table: str, keys: list[str], on: str, same: str) -> None:
        named = " || ' ' || ".join(f'quote({{0}}."{k}")' for k in keys)
        kinds = (
            ("main", "f", "live", "l", "is missing or was changed: the log says otherwise"),
            ("live", "l", "main", "f", "is not in the log"),
        )
        for here, a, there, b, what in kinds:
            extra = f" AND {same}" if here == "main" else ""
            rows = self._scratch.execute(
                f"SELECT {named.format(a)} FROM {here}.{table} {a} WHERE NOT EXISTS"
                f" (SELECT 1 FROM {there}.{table} {b} WHERE {on}{extra}) LIMIT {_SHOWN}"
            )
            for (key,) in rows.fetchall():
                self._note(f"table {table} row {key}", what)


def _raise_if_full(error: BaseException) -> None:
    """Tell a lack of space for the replay from a log that cannot be replayed.

    Raises:
        Unavailable: The disk of the temporary folder is full.
    """
    if isinstance(error, driver.OperationalError) and "full" in str(error):
        raise Unavailable(
            "the log cannot be replayed now",
            why="the disk of the temporary folder is full",
            hint="Free some space, or name another folder in TMPDIR.",
        ) from error
