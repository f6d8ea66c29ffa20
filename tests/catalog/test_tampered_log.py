"""Whatever another tool does to the audit log, verifying names the entry."""

from __future__ import annotations

import sqlite3

import pytest

from modelshelf.catalog.audit import seal_of
from modelshelf.domain.errors import Corrupt
from modelshelf.registry import Registry
from tests.catalog.by_hand import by_hand, named, tampered

# Of the story in tests/furnished.py: 9 tags a model, 19 rolls back and is the last checkpoint.
COLUMNS = ("at_us", "actor", "event", "subject", "body", "prev", "seal")
LAST_CHECKPOINT = 19
LAST = 22


def test_the_story_is_whole_to_begin_with(shelf: Registry) -> None:
    """Nothing is named where nothing was done, and everything was looked at."""
    found = shelf.audit.verify(deep=True)
    assert found.whole
    assert (found.entries, found.head_seq) == (LAST, LAST)
    assert found.rows > 70
    assert found.blobs == 7


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at_us", "at_us + 1"),
        ("actor", "'eve'"),
        ("actor", "actor || ' '"),
        ("event", "'model.described'"),
        ("subject", "'other/model'"),
        ("body", "replace(body, 'gold', 'lead')"),
        ("body", "replace(body, ',', ', ')"),
        ("body", "'{}'"),
        ("body", "'not JSON'"),
        ("body", "CAST(x'7bff7d' AS TEXT)"),
        ("actor", "CAST(x'ff' AS TEXT)"),
        ("prev", "printf('%064d', 0)"),
        ("seal", "printf('%064d', 0)"),
        ("seal", "upper(seal)"),
    ],
)
@pytest.mark.parametrize("replay", [True, False])
def test_an_edit_of_any_column_is_named(
    shelf: Registry,
    column: str,
    value: str,
    replay: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """One changed value in one entry is named by its sequence number, by the chain alone."""
    assert column in COLUMNS
    tampered(shelf, f"UPDATE audit SET {column} = {value} WHERE seq = 9")  # noqa: S608
    assert "entry 9" in named(shelf.audit.verify(replay=replay))


def test_moving_a_character_between_columns_is_named(shelf: Registry) -> None:
    """The seal covers where one field ends and the next begins."""
    tampered(
        shelf,
        "UPDATE audit SET subject = substr(event, -1) || subject,"
        " event = substr(event, 1, length(event) - 1) WHERE seq = 9",
    )
    assert "entry 9" in named(shelf.audit.verify(replay=False))


@pytest.mark.parametrize("seq", [1, 9, LAST])
def test_an_edited_entry_can_still_be_listed(shelf: Registry, seq: int) -> None:
    """A broken entry is shown as broken; the log goes on being readable."""
    tampered(
        shelf,
        f"UPDATE audit SET body = 'not JSON', at_us = 1 << 62 WHERE seq = {seq}",  # noqa: S608
    )
    entry = shelf.audit.get(seq)
    assert "cannot be read" in entry.sentence
    assert len(shelf.audit.entries(limit=100)) == LAST


def test_a_deletion_in_the_middle_is_named(shelf: Registry) -> None:
    """A missing number is named, even when the numbers after it were closed up."""
    tampered(shelf, "DELETE FROM audit WHERE seq = 9")
    assert "entry 9" in named(shelf.audit.verify(replay=False))
    tampered(
        shelf,
        "UPDATE audit SET seq = -seq WHERE seq > 9",
        "UPDATE audit SET seq = -seq - 1 WHERE seq < 0",
    )
    assert "entry 9" in named(shelf.audit.verify(replay=False))


def test_a_cut_tail_is_named_by_the_checkpoint(shelf: Registry) -> None:
    """The head that was written down beside the catalog is missed."""
    tampered(shelf, f"DELETE FROM audit WHERE seq >= {LAST_CHECKPOINT}")  # noqa: S608
    found = shelf.audit.verify(replay=False)
    (last,) = [p for p in found.problems if p.where == f"entry {LAST_CHECKPOINT}"]
    assert "is missing" in last.what
    assert found.head_seq == LAST_CHECKPOINT - 1


def test_a_cut_tail_is_named_by_the_replay(shelf: Registry) -> None:
    """Without any checkpoint the tables still remember what the log has lost."""
    tampered(shelf, f"DELETE FROM audit WHERE seq >= {LAST_CHECKPOINT}")  # noqa: S608
    (shelf.path / "checkpoints.log").unlink()
    assert shelf.audit.verify(replay=False).whole, "the chain alone cannot see it"
    where = named(shelf.audit.verify())
    assert f"table assignment row {LAST_CHECKPOINT}" in where
    assert "table version row 3" in where, "the yank is in the table and not in the log"


def test_an_emptied_log_is_named(shelf: Registry) -> None:
    """A log of no entries beside full tables is not taken for a new registry."""
    tampered(shelf, "DELETE FROM audit")
    found = shelf.audit.verify()
    assert {"entry 15", "table model row 1"} <= named(found)
    assert found.head_seq == 0


@pytest.mark.parametrize("seals", ["with their seals", "without"])
def test_two_swapped_entries_are_named(shelf: Registry, seals: str) -> None:
    """Two entries that change places are named, both of them."""
    columns = COLUMNS if seals == "with their seals" else COLUMNS[:-2]
    with by_hand(shelf) as catalog:
        wanted = f"SELECT {', '.join(columns)} FROM audit WHERE seq = ?"  # noqa: S608 - our words
        rows = [catalog.execute(wanted, (seq,)).fetchone() for seq in (8, 9)]
        change = f"UPDATE audit SET {', '.join(f'{c} = ?' for c in columns)} WHERE seq = ?"  # noqa: S608
        catalog.execute(change, (*rows[1], 8))
        catalog.execute(change, (*rows[0], 9))
    assert {"entry 8", "entry 9"} <= named(shelf.audit.verify(replay=False))


def forge(catalog: sqlite3.Connection, seq: int, prev: str, body: str) -> str:
    """Insert an entry with a seal that is right for it, and return the seal."""
    fields = (seq, 1_772_323_200_000_000, "eve", "model.retired", "risk/churn", body, prev)
    seal = seal_of(*fields)
    catalog.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*fields, seal))
    return seal


BODY = '{"model":"risk/churn","model_id":1,"reason":"forged"}'


def test_an_entry_put_between_two_others_is_named(shelf: Registry) -> None:
    """A forged entry with a right seal of its own breaks the chain behind it."""
    with by_hand(shelf) as catalog:
        catalog.execute("UPDATE audit SET seq = -seq WHERE seq >= 9")
        catalog.execute("UPDATE audit SET seq = -seq + 1 WHERE seq < 0")
        prev = catalog.execute("SELECT seal FROM audit WHERE seq = 8").fetchone()[0]
        forge(catalog, 9, prev, BODY)
    assert "entry 10" in named(shelf.audit.verify(replay=False))


def test_an_entry_replaced_by_a_sealed_one_is_named_by_the_next(shelf: Registry) -> None:
    """A forged entry in the place of another, sealed as it should be, is not what follows on."""
    with by_hand(shelf) as catalog:
        (prev,) = catalog.execute("SELECT prev FROM audit WHERE seq = 9").fetchone()
        catalog.execute("DELETE FROM audit WHERE seq = 9")
        forge(catalog, 9, prev, BODY)
    assert named(shelf.audit.verify(replay=False)) == {"entry 10"}


def test_an_entry_put_at_the_end_is_named_by_the_replay(shelf: Registry) -> None:
    """A forged entry that fits the chain does not fit the tables it never went through."""
    head = shelf.audit.head()
    with by_hand(shelf) as catalog:
        forge(catalog, head[0] + 1, head[1], BODY)
    assert shelf.audit.verify(replay=False).whole, "the chain alone cannot see it"
    assert "table model row 1" in named(shelf.audit.verify())


def test_an_entry_that_cannot_be_replayed_is_named_at_the_end_too(shelf: Registry) -> None:
    """A second version of a number that is taken does not crash the verification."""
    head = shelf.audit.head()
    with by_hand(shelf) as catalog:
        entry = catalog.execute("SELECT body FROM audit WHERE seq = 5").fetchone()[0]
        assert '"version_id":3' in entry
        fields = (head[0] + 1, 1, "eve", "version.registered", "risk/churn:v3", entry, head[1])
        row = (*fields, seal_of(*fields))
        catalog.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    assert f"entry {head[0] + 1}" in named(shelf.audit.verify())


def test_a_log_rewritten_with_new_seals_is_named_by_checkpoint_and_replay(shelf: Registry) -> None:
    """Whoever recomputes every seal still meets the heads written down, and the tables."""
    kept = shelf.audit.verify()
    with by_hand(shelf) as catalog:
        rows = catalog.execute(
            "SELECT seq, at_us, actor, event, subject, replace(body, 'ravi', 'eve') FROM audit"
            " ORDER BY seq"
        ).fetchall()
        prev = "0" * 64
        for row in rows:
            seal = seal_of(row[0], row[1], row[2], row[3], row[4], row[5], prev)
            change = "UPDATE audit SET body = ?, prev = ?, seal = ? WHERE seq = ?"
            catalog.execute(change, (row[5], prev, seal, row[0]))
            prev = seal
    assert f"entry {LAST_CHECKPOINT}" in named(shelf.audit.verify(replay=False))
    (shelf.path / "checkpoints.log").unlink()
    assert shelf.audit.verify(replay=False).whole, "a rewritten chain is whole"
    found = shelf.audit.verify()
    assert "table model row 1" in named(found)
    assert found.head_seal != kept.head_seal, "a head that was kept elsewhere tells the difference"


def ask_everything(shelf: Registry) -> None:
    """Ask about entries, models and versions."""
    shelf.audit.entries()
    shelf.models.list()
    shelf.versions.list("risk/churn")


@pytest.mark.parametrize("table", ["audit", "model", "tag"])
def test_a_damaged_page_is_a_sentence(shelf: Registry, table: str) -> None:
    """Bytes that SQLite itself cannot read are corrupt, not a traceback, and doctor sees them."""
    with by_hand(shelf) as catalog:
        wanted = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = catalog.execute(wanted, (table,)).fetchone()
    with (shelf.path / "catalog.db").open("rb+") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 64)
    with pytest.raises(Corrupt, match="damaged"):
        shelf.audit.verify()
    with pytest.raises(Corrupt, match="damaged"):
        ask_everything(shelf)
    checks = {check.name: check for check in shelf.upkeep.doctor()}
    assert not checks["catalog"].ok
