"""The audit screen: everything there ever was, filtered, and kept elsewhere."""

from __future__ import annotations

from modelshelf.tui.screens.audit import AuditScreen
from modelshelf.tui.screens.models import ModelsScreen
from tests.tui.conftest import MakeApp, press, settle, shows, text_of, write
from tests.tui.scene import Scene


async def test_the_newest_entry_is_first(make_app: MakeApp) -> None:
    """7 opens the log, the entry under the cursor is shown with its seal and body."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "7")
        shown = text_of(app)
        assert shows(app, AuditScreen)
        assert "yanked nlp/reviews-tiny:v2: “trained on its own test set”" in shown
        assert '"reason": "trained on its own test set"' in shown
        await press(pilot, "2")
        assert shows(app, ModelsScreen)


async def test_the_log_is_filtered_while_typing(make_app: MakeApp) -> None:
    """A model, an event, a person; a mistake is told and nothing is lost; Esc clears."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "7", "slash")
        await write(pilot, "risk/fraud event:stage.rolled_back")
        assert "audit 1 entry" in text_of(app)
        assert "recall fell" in text_of(app)
        await write(pilot, " wen:x")
        assert "'wen' is no field of the audit log" in text_of(app)
        assert "recall fell" in text_of(app)
        await press(pilot, "escape")
        assert "yanked nlp/reviews-tiny:v2" in text_of(app)


async def test_seals_can_be_kept_elsewhere(make_app: MakeApp, scene: Scene) -> None:
    """The key y copies number and seal, against which a later log can be held."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "7", "y")
    with scene.open() as registry:
        seq, seal = registry.audit.head()
    assert app.clipboard == f"{seq} {seal}"
