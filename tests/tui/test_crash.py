"""A failure leaves one sentence and a report that may be sent to strangers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelshelf.tui import crash
from tests.tui.conftest import MakeApp, settle, text_of
from tests.tui.scene import NOW

SECRET = "hunter2-planted-secret"  # noqa: S105 - planted to be looked for


def fail() -> None:
    """Fail with a secret in a local variable and in the message."""
    password = SECRET
    try:
        os.environ[password]
    except KeyError as exc:
        raise RuntimeError(f"cannot use {password}") from exc


def test_a_report_says_where_and_not_what(tmp_path: Path) -> None:
    """Types, files and lines are there; no value, no message, no folder of a person."""
    with pytest.raises(RuntimeError) as caught:
        fail()
    file = crash.write(caught.value, tmp_path / "state", NOW)
    assert file is not None
    text = file.read_text(encoding="utf-8")
    assert "builtins.RuntimeError" in text
    assert "builtins.KeyError" in text
    assert "test_crash.py" in text
    assert SECRET not in text.replace("SECRET", "")
    assert str(Path(__file__).parents[2]) not in text


def test_a_report_that_cannot_be_written_is_no_second_failure(tmp_path: Path) -> None:
    """A state folder that is a file leaves the sentence without a file's name."""
    (tmp_path / "state").write_text("")
    assert crash.write(RuntimeError(), tmp_path / "state", NOW) is None


async def test_a_defect_in_a_worker_does_not_end_the_app(make_app: MakeApp) -> None:
    """It is said in the status line; what is on the screen stays usable."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.screen.ask("test", lambda _registry: fail(), lambda _: None)  # type: ignore[attr-defined]
        await settle(pilot)
        shown = text_of(app)
        assert "Modelshelf made a mistake: RuntimeError." in shown
        assert SECRET not in shown
        assert [type(error) for error in app.mishaps] == [RuntimeError]
        app.mishaps.clear()
