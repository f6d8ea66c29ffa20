"""A catalogue full of hostile text, walked through every screen: it stays text."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from modelshelf.domain.events import RequestApproved, RequestOpened, RequestRejected
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.domain.intake import State
from modelshelf.domain.provenance import Code, Dataset, Details, Environment, Run
from tests.tui.conftest import MakeApp, dangerous, press, settle, write
from tests.tui.drops import line, put, quarantine
from tests.tui.scene import NOW, Scene, empty_scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

_NASTY = (
    "x[/]",
    "[/foo]",
    "a[b]c[/b]",
    "[@click=app.bell()]x[/]",
    "x[/",
    "$name [$accent]y",
    "\x1b]52;c;cm0=\x07 \x1b[2J \x1b]0;title\x07",
    "\x9b31m C1 \x85 \x00 NUL",
    "\u202egnp.exe\u2066 bidi \u200f",
    "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 👍🏽",
    "a\u0300\u0301\u0302\u0303\u0304\u0305\u0306 zalgo",
    "line\nline\rline\tline\u2028line",
    "模型" * 40,
    "n" * 10_000,
    "\ufeffBOM\ue000private",
)
# Two in each version: a walk over fifteen versions would take long and find no more.
NASTY = tuple(f"{one} {other}" for one, other in zip(_NASTY[::2], (*_NASTY[1::2], ""), strict=True))


def hostile_details(number: int) -> Details:
    """Return details that hold one nasty text everywhere."""
    text = NASTY[number]
    return Details(
        metrics={text: 0.5, "auc": 0.1 * number, f"{text}2": float("1e300")},
        params={text: text, "other": text},
        tags={text: text, "team": text},
        description=text,
        card=f"---\n{text}\n---\n# {text}\n\n[link]({text})\n\n```\n{text}\n```\n|{text}|\n|-|\n",
        run=Run(text, text, 1.0),
        code=Code(text, "3f2a91c", dirty=True, entry=text),
        datasets=(Dataset(text, "trained_on", text, None, 1),),
        environment=Environment(text, text, {text: text}),
    )


def hostile_look(number: int) -> Inspection:
    """Return what looking into a hostile file may find."""
    text = NASTY[number]
    return Inspection(
        text[:40],
        framework=text,
        inputs=(TensorSpec(text, text, (text, None)),),
        metadata={text: text},
        verdict="warning",
        findings=(Finding(text, "warning", text, text),),
        mismatch=text,
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Make the catalogue with the checks at the door switched off, as an older release may have."""
    scene = empty_scene(tmp_path_factory.mktemp("hostile"))

    def let_in(_kind: str, value: str, **_given: object) -> str:
        return value

    with (
        mock.patch("modelshelf.registry.registering.check_model_name", lambda name: name),
        mock.patch("modelshelf.registry.promotions.check_reason", lambda reason: reason),
        mock.patch("modelshelf.domain.text.accept", let_in),
        mock.patch("modelshelf.settings.accept", let_in),
        mock.patch("modelshelf.registry.models.accept", let_in),
    ):
        fill(scene)
    return scene


def fill(scene: Scene) -> None:
    """Register, describe, promote and roll back with nasty text."""
    from modelshelf.artifacts import ingest
    from modelshelf.registry.registering import Draft

    file = Path(scene.folder.parent) / "m"
    for number, text in enumerate(NASTY):
        with scene.acting(text[:300], timedelta(days=20 - number)) as registry:
            file.write_text(text, encoding="utf-8", errors="surrogatepass")
            content = ingest(file, registry._context.blobs)
            look, details = hostile_look(number), hostile_details(number)
            drafts = [Draft("churn", content, look, details, text)]
            drafts += [Draft(text[:150], content, look, details, text)]
            registry.versions.register_many(drafts)
            registry.models.describe("churn", owner=text, description=text)
            registry.promotions.promote(f"churn:v{number + 1}", "production", reason=text)
    with scene.acting("ana") as registry:
        registry.promotions.rollback("churn", "production", reason=_NASTY[6])
    drop(scene)
    request(scene)


def request(scene: Scene) -> None:
    """Record requests with nasty reasons, of nasty people, with nasty answers."""
    for number, text in enumerate(NASTY):
        with scene.acting(text[:300], timedelta(hours=20 - number)) as registry:
            model = registry.models.get("churn")
            version = registry.versions.get(f"churn:v{number + 1}")
            about: dict[str, Any] = {"model_id": model.id, "model": "churn", "stage": "staging"}
            with registry._context.write("furnish") as transaction:
                opened = transaction.record(
                    RequestOpened(
                        **about,
                        version_id=version.id,
                        holders=((version.id, version.number, 100),),
                        reason=text,
                    ),
                    "churn",
                )
                asked = {**about, "request_id": opened.seq, "comment": text}
                answer = RequestRejected if number % 3 == 0 else RequestApproved
                transaction.record(answer(**asked), "churn")


def drop(scene: Scene) -> None:
    """Write nasty lines into the inbox, one of every state with every text."""
    states: tuple[State, ...] = ("waiting", "taken", "same", "refused", "ignored")
    for number, text in enumerate(NASTY):
        state, ago = states[number % len(states)], timedelta(minutes=number)
        reference = f"churn:v{number + 1}" if state in ("taken", "same") else ""
        put(scene, line(text, state, ago, reason=text, reference=reference, model=text))
        with mock.patch("tests.tui.drops.DANGEROUS", hostile_look(number)):
            quarantine(scene, f"kept {text}", model=text, rule=text, reason=text, owner=text)


async def walk(pilot: Pilot[None], *keys: str) -> None:
    """Press keys and look at the screen after each."""
    for key in keys:
        await press(pilot, key)
        assert dangerous(pilot.app) == set(), key  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_hostile_catalogue_stays_text(
    make_app: MakeApp, hostile: Scene, size: tuple[int, int]
) -> None:
    """Every screen and tab, on every version: no exception, no character a terminal would obey."""
    app = make_app(hostile)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await walk(pilot, *["j"] * len(NASTY))
        app.go_to_model("churn")
        await settle(pilot)
        for number in range(len(NASTY)):
            await walk(pilot, "j" if number else "home", "right_square_bracket")
        await walk(pilot, *["right_square_bracket"] * 6)
        await walk(pilot, "home", "space", "space", "c", "d", "end", "escape")
        await walk(pilot, "U", "p", "r")
        await write(pilot, "[/] [b]")
        await walk(pilot, "ctrl+s", "escape", "escape", "b", *["j"] * len(NASTY), "escape")
        await walk(pilot, "7", *["j"] * 6, "end", "question_mark", "escape")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_hostile_inbox_stays_text(
    make_app: MakeApp, hostile: Scene, size: tuple[int, int]
) -> None:
    """Paths, reasons, findings and owners of every line, and every review of them."""
    app = make_app(hostile)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await walk(pilot, "3")
        for _ in range((2 if size[0] > 100 else 1) * len(NASTY)):
            await walk(pilot, "y", "Y", "enter", "3")
            if app.screen.focused is not None and app.screen.focused.id == "about":
                await walk(pilot, "escape")
            await walk(pilot, "j")
        await walk(pilot, "s", "s", "s")
        for _ in NASTY if size[0] > 100 else NASTY[:3]:  # the reviews are the same at any size
            await walk(pilot, "a", "m", "escape", "x", "escape", "m", "tab", "escape", "j")


async def test_notes_and_palette_show_hostile_names_as_text(
    make_app: MakeApp, hostile: Scene
) -> None:
    """Toasts and the palette take names as they are; highlighting would read them as markup."""
    app = make_app(hostile)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for text in _NASTY:
            app.tell(text)
        await walk(pilot, "slash")
        for part in ("[", "x", "\u202e", "模"):
            await pilot.press("ctrl+p")
            await pilot.pause(0.1)
            await write(pilot, part)
            await pilot.pause(0.4)
            assert dangerous(app) == set()
            await pilot.press("escape")
        assert app.clock() == NOW


async def test_hostile_text_in_the_filter_is_only_text(make_app: MakeApp, scene: Scene) -> None:
    """What is typed or pasted is searched for, or refused with a sentence."""
    app = make_app(scene)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for text in _NASTY:
            app.screen.find(text)  # type: ignore[attr-defined]
            await settle(pilot)
            app.screen.reason_against("models.mark")  # type: ignore[attr-defined]
        assert app.mishaps == []


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_hostile_requests_stay_text(
    make_app: MakeApp, hostile: Scene, size: tuple[int, int]
) -> None:
    """Reasons, names and comments of requests reach no terminal, nor does a change to take back."""
    app = make_app(hostile)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await walk(pilot, "4", "s", *["j", "enter", "escape"] * len(NASTY))
        await walk(pilot, "S", "a", "escape", "x", "escape", "w", "escape", "p")
        await walk(pilot, "escape", "escape", "u", "pagedown", "ctrl+s", "escape", "escape")
