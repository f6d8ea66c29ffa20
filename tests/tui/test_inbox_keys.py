"""What a person does about a line of the inbox: retry, point, release, discard, copy, look."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from modelshelf.registry import Registry
from modelshelf.tui.screens.deciding import DiscardScreen, ReleaseScreen
from modelshelf.tui.screens.inbox import InboxScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.point import PointScreen
from modelshelf.tui.widgets.rows import Rows
from tests.tui.conftest import MakeApp, press, settle, shows, text_of, until, write
from tests.tui.drops import fill_inbox
from tests.tui.scene import Scene

WIDE, NARROW = (120, 40), (80, 24)
# Where the cursor finds the lines that `fill_inbox` makes.
KEPT, READING, WAITING, REFUSED, SAME = range(5)


@pytest.fixture
def full(scene: Scene) -> Scene:
    """Return the scene with a line of every state."""
    fill_inbox(scene)
    return scene


def at(place: int) -> list[str]:
    """Return the keys that open the inbox and go to a line."""
    return ["3", *["j"] * place]


class Watch:
    """Stands for a watcher beside the app."""

    def __init__(self) -> None:
        """Nobody woke it."""
        self.woken = 0

    def __call__(self, seconds: float) -> None:
        """End."""

    def wake(self) -> None:
        """Count."""
        self.woken += 1


async def test_retry_has_it_looked_at_again(make_app: MakeApp, full: Scene) -> None:
    """What was refused waits again, the watcher is woken, and the cursor stays on it."""
    app, watch = make_app(full), Watch()
    app._watch = lambda _tell: watch
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(REFUSED), "i")
        assert "inbox/bad name!/m.onnx: it is looked at now" in text_of(app)
        assert watch.woken == 1
        screen = app.screen
        assert isinstance(screen, InboxScreen)
        assert screen.lines.current is not None
        assert screen.lines.current.path == "inbox/bad name!/m.onnx"
    with full.open() as registry:
        assert "inbox/bad name!/m.onnx" in {seen.path for seen in registry.inbox.lines("waiting")}


async def test_retry_puts_back_what_is_in_quarantine(make_app: MakeApp, full: Scene) -> None:
    """The bytes lie in the drop folder again; if that cannot be, a sentence says why."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(KEPT), "i")
        assert (full.folder / "inbox/risk/churn/evil.pkl").is_file()
        assert "looked at by the next sweep" in " ".join(text_of(app).replace("▌", "").split())


async def test_a_retry_that_is_refused_says_why(make_app: MakeApp, full: Scene) -> None:
    """Somebody dropped another file of that name meanwhile."""
    there = full.folder / "inbox/risk/churn/evil.pkl"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"another")
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(KEPT), "i")
        assert "is there again. Move that away first." in " ".join(text_of(app).split())
        assert there.read_bytes() == b"another"


async def test_release_asks_for_a_reason_and_its_own_key(make_app: MakeApp, full: Scene) -> None:
    """Enter confirms nothing, what it means is said plainly, and the verdict stays."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(KEPT), "a")
        assert shows(app, ReleaseScreen)
        assert "Loading this file can run code" in text_of(app)
        await press(pilot, "enter", "enter", "ctrl+s")
        assert "A reason is required" in text_of(app)
        await write(pilot, "read by two of us")
        await press(pilot, "enter")
        assert "ctrl+s is releasing" in text_of(app)
        assert "inbox release quarantine:1 --reason 'read by two of us'" in text_of(app)
        await press(pilot, "ctrl+s")
        assert shows(app, InboxScreen)
        assert "risk/churn:v8 was released; its verdict stays dangerous" in text_of(app)
    with full.open() as registry:
        assert registry.inbox.quarantined_one(1).closed_reason == "read by two of us"


async def test_release_into_another_model(make_app: MakeApp, full: Scene) -> None:
    """The name is completed from the models there are, and stands in the command."""
    app = make_app(full)
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(KEPT), "a", "m", "ctrl+u")
        await write(pilot, "vision/di")
        await pilot.pause(0.3)  # Textual asks for the completion in its own time
        await press(pilot, "right", "enter")
        await write(pilot, "ok")
        assert "--model vision/digits" in " ".join(text_of(app).split())
        await press(pilot, "ctrl+s")
    with full.open() as registry:
        assert registry.inbox.quarantined_one(1).version == "vision/digits:v4"


async def test_a_second_person_is_asked_for(make_app: MakeApp, full: Scene) -> None:
    """The keys are off; forced, the registry refuses, and nothing that was written is lost."""
    policy = full.folder / "modelshelf.toml"
    policy.write_text(policy.read_text("utf-8") + '\n[roles]\nadmin = ["ravi"]\n', "utf-8")
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(KEPT), "a")
        assert "ana may not do that on risk/churn: it takes the role admin" in text_of(app)
        inbox = app.screen
        assert isinstance(inbox, InboxScreen)
        inbox.action_release()
        await settle(pilot)
        await press(pilot, "r")
        await write(pilot, "trust me")
        await press(pilot, "ctrl+s")
        assert shows(app, ReleaseScreen)
        assert "ana may not do that on risk/churn" in text_of(app)
        review = app.screen
        assert isinstance(review, ReleaseScreen)
        review.action_confirm()
        await settle(pilot)
        assert "may not release quarantine:1" in text_of(app)
        assert app.screen.query_one("#reason", Input).value == "trust me"
        await press(pilot, "escape")
        assert "Once more leaves" in text_of(app)
        await press(pilot, "escape")
        assert shows(app, InboxScreen)


async def test_discard_closes_it_for_good(make_app: MakeApp, full: Scene) -> None:
    """With a reason; afterwards nothing can be done about it, and the keys say so."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(KEPT), "x")
        assert shows(app, DiscardScreen)
        await press(pilot, "r")
        await write(pilot, "nobody knows it")
        await press(pilot, "ctrl+s")
        assert "quarantine:1 is discarded" in text_of(app)
        assert "discarded for good" in text_of(app)
        await press(pilot, "a")
        assert "quarantine:1 was discarded already." in text_of(app)
    with full.open() as registry:
        assert registry.inbox.quarantined_one(1).state == "discarded"


async def test_somebody_else_decides_while_it_is_reviewed(make_app: MakeApp, full: Scene) -> None:
    """What was reviewed is looked at again when the catalog changes."""
    app = make_app(full, poll_seconds=0.05)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(KEPT), "a")
        with full.open("ravi") as registry:
            registry.inbox.discard("quarantine:1", reason="mine")
        await until(pilot, lambda: "was discarded meanwhile" in text_of(app))
        await press(pilot, "ctrl+s")
        assert "quarantine:1 was discarded meanwhile." in text_of(app)


async def test_point_names_the_model(make_app: MakeApp, full: Scene) -> None:
    """The models that hold what is typed are listed, Enter takes one, ctrl+s points it there."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(REFUSED), "m")
        assert shows(app, PointScreen)
        await press(pilot, "ctrl+s")
        assert "Write the name of a model." in text_of(app)
        await write(pilot, "fra")
        await press(pilot, "enter", "enter")
        assert app.screen.query_one("#model", Input).value == "risk/fraud"
        await press(pilot, "enter")
        assert "Enter confirms nothing" in text_of(app)
        await press(pilot, "ctrl+s")
        assert shows(app, InboxScreen)
        assert "→ risk/fraud" in text_of(app)
        assert "inbox/bad name!/m.onnx is meant for risk/fraud" in text_of(app)


async def test_point_to_a_name_that_cannot_be(make_app: MakeApp, full: Scene) -> None:
    """The registry's sentence is shown, and the name stays."""
    app = make_app(full)
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(REFUSED), "m")
        await write(pilot, "no way!")
        assert "no model is called so" in text_of(app)
        await press(pilot, "ctrl+s")
        assert "'no way!' cannot be a model name" in text_of(app)
        await press(pilot, "escape")
        assert shows(app, InboxScreen)


@pytest.mark.parametrize(
    ("place", "key", "why"),
    [
        (WAITING, "a", "It is not in quarantine: it is waiting."),
        (REFUSED, "x", "It is not in quarantine: it is refused."),
        (READING, "i", "It is being taken in right now."),
        (SAME, "i", "It was taken in already: it is risk/churn:v6."),
        (SAME, "m", "It was taken in already: it is risk/churn:v6."),
        (REFUSED, "Y", "Its digest is not known: it was not stored."),
    ],
)
async def test_a_key_of_no_use_is_grey_and_says_why(
    make_app: MakeApp, full: Scene, place: int, key: str, why: str
) -> None:
    """In the footer it is grey; pressed, or run from the palette, it says the reason."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(place), key)
        assert why in text_of(app)
        binding = app.screen.active_bindings[key]
        assert not binding.enabled
        await press(pilot, "home")
        assert why not in text_of(app)
        assert app.screen.active_bindings["a"].enabled


async def test_the_past_cannot_be_changed(make_app: MakeApp, full: Scene) -> None:
    """A registry as it was has no inbox; that is a sentence, and every key says so."""

    class Past(Scene):
        def open(self, actor: str = "ana") -> Registry:
            return super().open(actor).at(5)

    app = make_app(Past(full.folder, full.clock))
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3")
        assert "The past has no inbox" in text_of(app)
        await press(pilot, "i", "a")
        assert app.mishaps == []


async def test_enter_goes_to_the_version(make_app: MakeApp, full: Scene) -> None:
    """From what was taken in to exactly that version, on the models screen."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(SAME), "enter")
        assert shows(app, ModelsScreen)
        screen = app.screen
        assert isinstance(screen, ModelsScreen)
        assert screen.chosen is not None
        assert screen.chosen.reference == "risk/churn:v6"
        screen.models.show(Rows())  # as when the model is too far down to be in the list yet
        await press(pilot, "3", "enter")
        assert screen.chosen is not None
        assert screen.chosen.reference == "risk/churn:v6"
        await press(pilot, "enter", "3")
        assert shows(app, InboxScreen)


async def test_path_and_digest_are_copied(make_app: MakeApp, full: Scene) -> None:
    """The key y copies the path, Y the digest."""
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *at(KEPT), "y")
        assert app.clipboard == "inbox/risk/churn/evil.pkl"
        await press(pilot, "Y")
    with full.open() as registry:
        assert app.clipboard == f"sha256:{registry.inbox.quarantined_one(1).digest}"


async def test_look_wakes_the_watcher(make_app: MakeApp, full: Scene) -> None:
    """The key r has the drop folders looked into; where nobody watches it says who would."""
    app, watch = make_app(full), Watch()
    app._watch = lambda _tell: watch
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3", "r")
        assert watch.woken == 1
    app = make_app(full)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "3", "r")
        assert "modelshelf watch --once looks now" in text_of(app)
