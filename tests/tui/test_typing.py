"""What is typed quickly is taken whole, whatever key follows it at once."""

from __future__ import annotations

from textual import events

from tests.tui.conftest import MakeApp, press, settle
from tests.tui.scene import Scene


async def test_no_letter_is_lost_before_the_key_that_confirms(
    make_app: MakeApp, scene: Scene
) -> None:
    """A reason that is typed and confirmed in one burst is recorded whole."""
    app = make_app(scene)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_model("risk/churn")
        await settle(pilot)
        await press(pilot, "p", "S", "r")
        for char in "all good":
            app.post_message(events.Key("space" if char == " " else char, char))
        app.simulate_key("ctrl+s")
        await settle(pilot)
        with scene.open() as registry:
            assert registry.audit.entries(limit=1)[0].body["reason"] == "all good"
