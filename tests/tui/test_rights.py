"""What leads to a change is off for whoever may not, says why, and is refused below as well."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from textual.widgets import Input

from modelshelf.catalog import driver
from modelshelf.tui import reasons, reviewing, travelling
from modelshelf.tui.actions import ACTIONS, MODES, TITLES, of
from modelshelf.tui.actions.action import Action
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.commands import ShelfCommands
from modelshelf.tui.screens.answering import ANSWERS, Answering
from modelshelf.tui.screens.deciding import DiscardScreen, ReleaseScreen
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.screens.health_telling import ReplayScreen, TellingScreen, TrialScreen
from modelshelf.tui.screens.help import HelpScreen
from modelshelf.tui.screens.point import PointScreen
from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.review import Review
from modelshelf.tui.screens.rollback import RollbackScreen
from modelshelf.tui.screens.tagging import TagsScreen
from modelshelf.tui.screens.undo import UndoScreen
from tests.tui.conftest import MakeApp, press, settle, text_of, until
from tests.tui.drops import fill_inbox, quarantine
from tests.tui.healthy import FAILS, delivered, hook
from tests.tui.scene import Scene, build_scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from modelshelf.domain.deliveries import Delivery, HookStanding
    from modelshelf.domain.intake import Sighting
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.quarantine import Quarantined
    from modelshelf.registry import Registry
    from modelshelf.tui.reviewing import Standing

CHURN, DIGITS = "risk/churn", "vision/digits"
RULES = """\
[stages.production]
approvals = 1
approvers = ["role:reviewer"]
bypass = ["mei"]
gates = ["smoke"]

[gates.smoke]
run = ["true"]

[roles]
viewer = ["*"]
contributor = ["ana", "ci", { who = ["carl"], models = ["risk/*"] }]
reviewer = ["ravi"]
admin = ["mei"]
"""
# Who looks, at what moment; the third may write everything, but nothing can be written.
SITUATIONS = {"viewer": "vic", "contributor of risk/*": "carl", "read-only": "mei", "past": "mei"}
# These are about a model that is not known before.
OF_NO_MODEL = {"inbox.point", "inbox.release", "app.undo", "undo.confirm", "point.confirm"}
# And these about the registry as a whole: a role on some models is not enough.
OF_ALL = {"inbox.retry", "inbox.discard", "health.deliver", "discard.confirm"}


@dataclass
class About:
    """Something of every kind that a change can be about, of one model."""

    version: ModelVersion
    standing: Standing
    seen: Sighting
    kept: Quarantined
    hook: HookStanding
    delivery: Delivery

    def reviews(self) -> Iterable[tuple[str, Callable[[], Review]]]:
        """Yield the screens that end in a change, by the place of their keys."""
        yield "tags", lambda: TagsScreen(self.version)
        yield "promote", lambda: PromoteScreen(self.version)
        yield "rollback", lambda: RollbackScreen(self.version.model)
        yield "release", lambda: ReleaseScreen(self.seen, self.kept)
        yield "discard", lambda: DiscardScreen(self.seen, self.kept)
        yield "point", lambda: PointScreen(self.seen)
        yield from ((kind, partial(screen, self.standing)) for kind, screen in ANSWERS.items())
        yield "undo", UndoScreen
        yield "telling", lambda: TrialScreen(self.hook)
        yield "telling", lambda: ReplayScreen(self.hook, self.delivery)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Make a registry with rules, in which everybody left something that they could take back."""
    scene = build_scene(tmp_path_factory.mktemp("guarded"))
    rules = scene.folder / "modelshelf.toml"
    rules.write_text(hook("chat", FAILS) + RULES.partition("[roles]")[0], "utf-8")
    for who in set(SITUATIONS.values()):
        with scene.acting(who) as registry:
            registry.models.tag(DIGITS, set={who: "here"})
    with scene.acting("mei") as registry:
        registry.promotions.promote(f"{DIGITS}:v2", "production", reason="tried out", bypass=True)
        for model in (CHURN, DIGITS):
            registry.requests.open(f"{model}:v1", "production", reason="smaller")
    delivered(scene)
    fill_inbox(scene)
    quarantine(scene, "vision/digits/evil.pkl", model=DIGITS)
    rules.write_text(hook("chat", FAILS) + RULES, "utf-8")
    with scene.acting("mei") as registry:  # whoever writes first records that the rules changed
        registry.models.tag(CHURN, set={"ruled": "yes"})
    return scene


def about(scene: Scene, model: str) -> About:
    """Find something of every kind."""
    with scene.open("mei") as registry:
        asked = next(r for r in registry.requests.list() if r.model == model)
        kept = next(k for k in registry.inbox.quarantined() if k.model == model)
        (told,) = registry.hooks.list()
        return About(
            registry.versions.get(f"{model}:v1"),
            reviewing.standing(registry, asked.id),
            next(s for s in registry.inbox.lines() if s.reference == kept.reference),
            kept,
            told,
            registry.hooks.deliveries()[0],
        )


def head(scene: Scene) -> tuple[object, ...]:
    """Return what any change would change: the log, the inbox, what the hooks were told."""
    with scene.open("mei") as registry:
        return (registry.audit.head(), registry.inbox.lines(), registry.hooks.deliveries())


def flat(text: str) -> str:
    """Return a text as one line, so that a sentence may be broken anywhere."""
    return " ".join(text.replace("▌", " ").split())


@contextlib.asynccontextmanager
async def as_in(
    situation: str, make_app: MakeApp, scene: Scene, patch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[ModelshelfApp, Pilot[None]]]:
    """Open the app in a situation."""
    if situation == "read-only":
        patch.setattr("os.access", lambda *_given, **_named: False)
        prepare = driver.set_writer_pragmas

        def unwritable(connection: Any) -> None:  # noqa: ANN401 - a DB-API connection
            prepare(connection)
            connection.execute("PRAGMA query_only = ON")

        patch.setattr(driver, "set_writer_pragmas", unwritable)
    app = make_app(scene)
    app.store._opener = partial(scene.open, SITUATIONS[situation])
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        if situation == "past":
            app.show_moment(*await asyncio.to_thread(_newest, app))
            await until(pilot, lambda: app.facts is not None and app.facts.past)
        yield app, pilot


def _newest(app: ModelshelfApp) -> tuple[Registry, Any]:
    present = app.store.present()
    return travelling.arrive(present, present.audit.head()[0])


async def to_place(pilot: Pilot[None], mode: str, model: str, found: About) -> Frame:
    """Go to a part of the app, with the cursor on what is of this model."""
    app = cast("ModelshelfApp", pilot.app)
    screen: Any = app.at_mode(mode)
    await settle(pilot)
    if mode == "models":
        app.go_to_model(model, 1)
    elif mode == "inbox":
        screen.go_to_line(found.seen.id)
    elif mode == "reviews":
        screen.go_to_request(found.standing.request.id)
    elif mode == "health":
        screen.go_to_part("deliveries")
        screen.go_to_pane("lines")
    await settle(pilot)
    if mode == "dashboard":
        await press(pilot, "home")
    for _ in range(30 if mode == "dashboard" else 0):
        if screen.row is not None and screen.row.model == model and screen.row.opens == "version":
            break
        await press(pilot, "j")
    return cast("Frame", screen)


def taking(where: str) -> list[Action]:
    """Return the actions of a place that lead to a change; on a part also those of everywhere."""
    places = (where, "app") if where in MODES else (where,)
    return [action for place in places for action in of(place) if action.takes]


def is_forbidden(action: Action, situation: str, model: str) -> bool:
    """Tell whether an action is to be off, said anew from what docs/roles.md says."""
    if situation in ("read-only", "past"):
        return True
    if action.takes == "viewer":
        return False
    if situation == "viewer" or action.takes == "admin" or action.id in OF_ALL:
        return True
    return model == DIGITS and action.id not in OF_NO_MODEL


def judge(app: ModelshelfApp, action: Action, situation: str, model: str) -> str:
    """Hold a key against the rules: grey where it is off, and only there; return why it is."""
    frame = cast("Frame", app.screen)
    subject = frame.subject(action.id)
    forbidden = reasons.against(app.facts, action.takes, subject, whole=action.whole)
    assert bool(forbidden) == is_forbidden(action, situation, model), (situation, action.id)
    why = frame.why_not(action)
    assert why == forbidden if forbidden else True
    typing = isinstance(app.focused, Input)
    for key in (key for key in action.each_key if not typing or key.startswith("ctrl")):
        active = frame.active_bindings[key]
        assert active.binding.id == action.id
        assert active.enabled == (not why), (situation, action.id)
    return forbidden


async def pressed(pilot: Pilot[None], action: Action, why: str) -> None:
    """Press a key that is off: it says why on the screen that stays."""
    app = cast("ModelshelfApp", pilot.app)
    frame = cast("Frame", app.screen)
    frame.say()
    await press(pilot, action.each_key[0])
    assert app.screen is frame, action.id
    assert flat(why)[:150] in flat(text_of(app)), action.id


async def told_elsewhere(pilot: Pilot[None], off: dict[Action, str]) -> None:
    """The list of keys and the palette show what is off, and why."""
    app = cast("ModelshelfApp", pilot.app)
    frame = app.screen
    palette = ShelfCommands(frame)
    offered = {hit.text: str(hit.help) async for hit in palette.discover()}
    for action, why in off.items():
        title = f"{TITLES[action.where]}: {action.label[:1].upper()}{action.label[1:]}"
        if action.where == "app":  # too far down to be offered before anything is typed
            offered |= {hit.text: str(hit.help) async for hit in palette.search(title)}
        found = [told for text, told in offered.items() if text and text.startswith(f"{title}  ")]
        assert [one for one in found if flat(why)[:150] == flat(one)[:150]], action.id
    await press(pilot, "f1")
    listing = app.screen
    assert isinstance(listing, HelpScreen)
    told = {action: why for action, why in listing._listed if action in off}
    assert told == off
    one, why = next(iter(off.items()))
    listing.query_one(Input).value = one.about
    await until(pilot, lambda: flat(why)[:80] in flat(text_of(app).replace("│", " ")))
    await press(pilot, "enter")
    assert app.screen is frame
    assert flat(why)[:150] in flat(text_of(app))


@pytest.mark.parametrize("situation", sorted(SITUATIONS))
async def test_what_one_may_not_is_off_and_says_why(
    make_app: MakeApp, guarded: Scene, monkeypatch: pytest.MonkeyPatch, situation: str
) -> None:
    """Every key of the table that leads to a change: grey as the rules say, and only then."""
    before, seen = head(guarded), set[Action]()
    models = (CHURN, DIGITS) if "risk" in situation else (CHURN,)
    async with as_in(situation, make_app, guarded, monkeypatch) as (app, pilot):
        for model in models:
            found = about(guarded, model)
            for mode in MODES:
                await to_place(pilot, mode, model, found)
                seen |= await hold(pilot, mode, situation, model)
            for where, made in found.reviews():
                app.at_mode("models")
                app.push_screen(made())
                await settle(pilot)
                seen |= await hold(pilot, where, situation, model)
                app.pop_screen()
    assert seen == {action for action in ACTIONS if action.takes}
    assert head(guarded) == before


async def hold(pilot: Pilot[None], where: str, situation: str, model: str) -> set[Action]:
    """Hold one screen against the rules; return the actions that were looked at."""
    app, actions = cast("ModelshelfApp", pilot.app), taking(where)
    assert cast("Frame", app.screen).where == where
    off = {one: why for one in actions if (why := judge(app, one, situation, model))}
    typing = isinstance(app.focused, Input)
    for action, why in off.items():
        if not typing or action.each_key[0].startswith("ctrl"):
            await pressed(pilot, action, why)
    if where in MODES and any(action.where == where for action in off):
        await told_elsewhere(pilot, off)
    return set(actions)


# --- the guard below ------------------------------------------------------------------------------

NOT_FORCED = {  # keys that only open a review, which is forced in its own turn
    "dashboard.promote", "dashboard.rollback", "models.promote", "models.rollback", "models.tags",
    "inbox.release", "inbox.discard", "inbox.point", "reviews.approve", "reviews.reject",
    "reviews.apply", "reviews.withdraw", "health.replay", "health.test", "app.undo",
    "promote.bypass",
}  # fmt: skip


@pytest.mark.parametrize("situation", sorted(SITUATIONS))
async def test_what_is_forced_is_refused_with_a_sentence(
    make_app: MakeApp, guarded: Scene, monkeypatch: pytest.MonkeyPatch, situation: str
) -> None:
    """With the greying out of the way, the registry itself says no, and nothing is changed."""
    before, forced = head(guarded), set[str]()
    model = DIGITS if "risk" in situation else CHURN
    found = about(guarded, model)
    async with as_in(situation, make_app, guarded, monkeypatch) as (app, pilot):
        for mode, actions in (("inbox", ["retry"]), ("reviews", ["run"]), ("health", ["deliver"])):
            screen: Any = await to_place(pilot, mode, model, found)
            for name in actions:
                screen.say()
                getattr(screen, f"action_{name}")()
                await settle(pilot)
                if situation != "past" or mode == "reviews":  # the others show nothing of a past
                    assert_said(app, situation, f"{mode}.{name}")
                forced.add(f"{mode}.{name}")
        for where, made in found.reviews():
            app.at_mode("models")
            review = made()
            app.push_screen(review)
            await settle(pilot)
            await force(pilot, review, situation)
            forced.add(f"{where}.confirm")
            app.pop_screen()
    assert {a.id for a in ACTIONS if a.takes} - NOT_FORCED <= forced | {
        "promote.run", "models.edit"
    }  # fmt: skip
    assert head(guarded) == before


def assert_said(app: ModelshelfApp, situation: str, action: str) -> None:
    """A sentence stands on the screen, or there was nothing to be done with in the past."""
    said = flat("\n".join(text_of(app).splitlines()[-8:]))
    assert "Traceback" not in said
    assert app.mishaps == []
    words = ["takes the role", "read-only", "cannot", "past", "refused", "may not"]
    words += ["did not take it"]  # a test event is sent from where nothing can be written, too
    assert any(word in said for word in words), (situation, action, said)


async def force(pilot: Pilot[None], review: Review, situation: str) -> None:
    """Fill in what a review wants, and confirm it behind the back of its key."""
    app = cast("ModelshelfApp", pilot.app)
    values = {"tag": "team=x", "reason": "why not", "name": "", "model": DIGITS}
    for box in review.query(Input):
        if box.id in values:
            box.value = values[box.id]
    await settle(pilot)
    if review.naming:
        review.query_one("#name", Input).value = review.named()
    if isinstance(review, Answering | TellingScreen):  # these say it before the registry does
        review.obstacle = str  # type: ignore[method-assign]
    review.action_confirm()
    await settle(pilot)
    assert app.screen is review, (situation, review.where)
    assert_said(app, situation, f"{review.where}.confirm")
