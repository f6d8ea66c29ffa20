"""What is asked of the audit log, and what is said of an entry."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.audit import Entry
from modelshelf.domain.errors import Invalid
from modelshelf.tui import logged
from modelshelf.tui.asked import Asked, as_command, read_asked, with_field
from tests.tui.scene import Scene


def told(**fields: Any) -> Entry:  # noqa: ANN401 - of whatever kind
    """Return an entry with these fields, as any hand may have written it."""
    plain: dict[str, Any] = {
        "seq": 7, "at": datetime(2026, 5, 1, 9, 12, 44, tzinfo=UTC), "actor": "ana",
        "event": "version.yanked", "subject": "m:v1", "body": {}, "prev": "0" * 64,
        "seal": "a" * 64, "sentence": "yanked m:v1",
    }  # fmt: skip
    return Entry(**{**plain, **fields})


def test_what_is_new_is_put_before_what_is_known(scene: Scene) -> None:
    """However much came meanwhile, the filtered list has no gap and nothing twice."""
    with scene.open() as registry:
        every = logged.on(registry, Asked(actor="ana"), None)
        for missed in (0, 1, 5, len(every)):
            found = logged.again(registry, Asked(actor="ana"), every[missed:], more=False)
            assert [entry for _, entry in found.rows.known()] == list(every)


def test_a_filter_is_read_and_written() -> None:
    """Every field, quoted where it must be, as the command line has it too."""
    asked = read_asked("risk/churn:v6 by:'ana maria' since:2026-05-01")
    since = datetime(2026, 5, 1, tzinfo=UTC)
    assert asked == Asked(version="risk/churn:v6", actor="ana maria", since=since)
    assert as_command(asked) == (
        "modelshelf log --reference risk/churn:v6 --actor 'ana maria'"
        " --since 2026-05-01T00:00:00.000000Z"
    )
    assert as_command(Asked()) == "modelshelf log"
    for bad in ("since:0001-01-01T00:00+23:00", "until:soon", "a:b", "by:a actor:b", "'"):
        with pytest.raises(Invalid):
            read_asked(bad)


@given(st.sampled_from(["model", "actor", "event"]), st.text(min_size=1), st.text())
def test_a_field_is_put_into_a_filter_and_taken_out(field: str, value: str, text: str) -> None:
    """Whatever the name and whatever was typed before, it can be read and is what was asked."""
    once = with_field(text, field, value)
    if getattr(_read(text), field) != value:
        assert getattr(read_asked(once), field) == value
        once = with_field(once, field, value)
    assert getattr(read_asked(once), field) is None


def _read(text: str) -> Asked:
    try:
        return read_asked(text)
    except Invalid:
        return Asked()


@pytest.mark.parametrize(
    ("event", "body", "target"),
    [
        ("version.yanked", {"model": "m", "number": 3}, logged.Target("models", "m", 3)),
        (
            "stage.assigned",
            {"model": "m", "holders": [[1, 4, 20], [2, 5, 80]]},
            logged.Target("models", "m", 5),
        ),
        ("request.opened", {"model": "m"}, logged.Target("reviews", "m", 7)),
        ("request.approved", {"model": "m", "request_id": 9}, logged.Target("reviews", "m", 9)),
        ("artifact.quarantined", {"model": ""}, logged.Target("inbox")),
        ("policy.recorded", {}, None),
        ("stage.assigned", {"model": ["m"], "holders": "x"}, None),
        ("stage.assigned", {"model": "m", "holders": [[1], 2, [3, 4, "x"], [1, "y", 5]]},
         logged.Target("models", "m")),
        ("version.yanked", {"model": "m", "number": True}, logged.Target("models", "m")),
        ("request.approved", {"request_id": 10**400}, None),
    ],
)  # fmt: skip
def test_what_an_entry_is_about(
    event: str, body: dict[str, Any], target: logged.Target | None
) -> None:
    """Each kind of entry leads to its place; a body of another hand leads nowhere."""
    assert logged.target(told(event=event, body=body)) == target


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the clocks here be nine hours ahead of UTC."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_a_moment_is_told_in_utc_and_as_here() -> None:
    """Both times stand side by side; a moment beyond all calendars is UTC only."""
    now = datetime(2026, 5, 2, tzinfo=UTC)
    rows = dict(logged.about(told(), now))
    assert rows["when"].plain.startswith("2026-05-01 09:12:44 UTC, 2026-05-01 18:12:44 +0900 here")
    beyond = dict(logged.about(told(at=datetime.max.replace(tzinfo=UTC)), now))
    assert beyond["when"].plain.startswith("9999-12-31 23:59:59 UTC ·")


def test_a_body_that_cannot_be_written_is_said() -> None:
    """A body nested without end, or of strange keys, costs nobody the screen."""
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"a": deep}
    for body in (deep, {1: 2, "a": 3}):
        rows = logged.about(told(body=body), datetime(2026, 5, 2, tzinfo=UTC))
        assert rows[-1][1].plain == "the body cannot be shown"
