"""What the screens look like, as pictures and as text; --snapshot-update renews them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from modelshelf.domain.checks import Check
from modelshelf.tui import theme
from modelshelf.tui.tabs import NAMES
from tests.tui import governed
from tests.tui.conftest import MakeApp, press, settle, text_of, write
from tests.tui.drops import fill_inbox
from tests.tui.governed import ask, govern
from tests.tui.healthy import FAILS, delivered, hook, hooked
from tests.tui.scene import Scene
from tests.tui.test_lineage import family

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

Look = Callable[..., Any]

WIDE = (120, 40)
NARROW = (80, 24)
THEMES = (theme.DARK.name, theme.LIGHT.name)


class TextExtension(SingleFileSnapshotExtension):
    """The screen as plain text, so that a change can be read in a review."""

    _file_extension = "txt"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def look(
    make_app: MakeApp, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Look]:
    """Return a function that presses keys and compares what is seen then, dark and light.

    Not `snap_compare`: its report holds every environment variable of whoever runs it.
    """
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()

    async def compare(
        size: tuple[int, int],
        *keys: str,
        start: str = "models",
        model: str = "",
        text: str = "",
        themes: tuple[str, ...] = THEMES,
        on: Scene | None = None,
    ) -> None:
        app = make_app(on, start=start)
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            await settle(pilot)
            if model:
                app.go_to_model(model)
                await settle(pilot)
            await press(pilot, *keys)
            await write(pilot, text)
            for number, name in enumerate(themes):
                app.theme = name
                await settle(pilot)
                if not number:
                    assert text_of(app) + "\n" == snapshot.use_extension(TextExtension)
                picture = app.export_screenshot(title="Modelshelf")
                kept = snapshot.use_extension(SVGImageExtension)
                assert picture == (kept(name="light") if number else kept)

    yield compare
    monkeypatch.undo()
    time.tzset()


SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
CHURN = "risk/churn"


@SIZES
async def test_dashboard(
    look: Look, scene: Scene, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What serves, what waits, what happened."""
    # A gate names the interpreter, and the digest of the policy is shown.
    told = governed.POLICY.replace(json.dumps(sys.executable), '"python3"')
    monkeypatch.setattr(governed, "POLICY", told)
    govern(scene)
    ask(scene)
    await look(size, start="dashboard", on=scene)


@SIZES
async def test_models(look: Look, size: tuple[int, int]) -> None:
    """A model's versions, and everything about one."""
    await look(size, model=CHURN)


@SIZES
async def test_all_models(look: Look, size: tuple[int, int]) -> None:
    """The tree, and the versions of all models."""
    await look(size)


@SIZES
@pytest.mark.parametrize("tab", [name for name in NAMES if name != "files"])
async def test_details(look: Look, size: tuple[int, int], tab: str) -> None:
    """One version, a picture for each tab."""
    await look(size, "enter", *["right_square_bracket"] * NAMES.index(tab), model=CHURN)


@SIZES
async def test_filter(look: Look, size: tuple[int, int]) -> None:
    """What a filter finds over all models, and what may be typed next."""
    await look(size, "slash", text="stage:production ")


async def test_no_color(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without colours everything is still told."""
    monkeypatch.setenv("NO_COLOR", "1")
    await look(WIDE, "space", model=CHURN, themes=THEMES[:1])


async def test_a_wide_screen_is_used(look: Look) -> None:
    """On 200 × 60 there is room for more columns and more rows."""
    await look((200, 60), model=CHURN, themes=THEMES[:1])


async def test_a_small_terminal_is_told(look: Look) -> None:
    """Below 60 × 15 one line asks for more room."""
    await look((59, 14), themes=THEMES[:1])


async def test_the_least_terminal_works(look: Look) -> None:
    """60 × 15 shows one pane that can be read."""
    await look((60, 15), model=CHURN, themes=THEMES[:1])


@SIZES
async def test_compare(look: Look, size: tuple[int, int]) -> None:
    """Three versions side by side."""
    await look(size, *["space"] * 3, "c", model=CHURN)


@SIZES
async def test_compare_as_a_chart(look: Look, size: tuple[int, int]) -> None:
    """The same, drawn."""
    await look(size, *["space"] * 3, "c", "v", model=CHURN)


@SIZES
async def test_compare_nothing(look: Look, size: tuple[int, int]) -> None:
    """What the screen teaches while nothing is compared."""
    await look(size, start="compare")


@SIZES
async def test_promote(look: Look, size: tuple[int, int]) -> None:
    """The review of a promotion."""
    await look(size, "j", "j", "p", model=CHURN)


@SIZES
async def test_rollback(look: Look, size: tuple[int, int]) -> None:
    """The review of a rollback."""
    await look(size, "b", model=CHURN)


@SIZES
async def test_inbox(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """What was dropped: a line of every state."""
    fill_inbox(scene)
    await look(size, start="inbox", on=scene)


async def test_inbox_line(look: Look, scene: Scene) -> None:
    """Something in quarantine, on a narrow terminal."""
    fill_inbox(scene)
    await look(NARROW, "enter", start="inbox", on=scene)


@SIZES
async def test_inbox_empty(look: Look, size: tuple[int, int]) -> None:
    """An inbox into which nothing was dropped yet teaches how."""
    await look(size, start="inbox")


@SIZES
async def test_release(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """The review of a release from quarantine."""
    fill_inbox(scene)
    await look(size, "a", start="inbox", on=scene)


@SIZES
async def test_point(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """Saying which model a dropped file belongs to."""
    fill_inbox(scene)
    await look(size, "j", "j", "m", start="inbox", text=CHURN, on=scene)


@SIZES
async def test_audit(look: Look, size: tuple[int, int]) -> None:
    """The audit log."""
    await look(size, "j", "j", start="audit")


@SIZES
async def test_the_past(look: Look, size: tuple[int, int]) -> None:
    """The app as it was right after an entry, with a banner."""
    await look(size, *["j"] * 6, "t", "2", start="audit")


@SIZES
async def test_lineage(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """What a version came from and what came of it, with the impact of a data set."""
    family(scene)
    await look(size, "L", "h", "i", model=CHURN)


@SIZES
async def test_promote_with_gates(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """A promotion that takes gates and other people."""
    govern(scene)
    await look(size, "j", "j", "p", "s", model=CHURN, on=scene)


@SIZES
async def test_reviews(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """Who asks for which stage, and what speaks for and against it."""
    govern(scene)
    ask(scene)
    await look(size, start="reviews", on=scene)


@SIZES
async def test_reviews_with_nothing_to_do(look: Look, size: tuple[int, int]) -> None:
    """What the screen teaches when nobody asks for anything."""
    await look(size, start="reviews")


@SIZES
async def test_undo(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """The review of taking one's last change back."""
    with scene.acting("ana", timedelta(minutes=5)) as registry:
        registry.models.tag(CHURN, set={"tier": "gold"})
    await look(size, "u", on=scene)


@SIZES
async def test_health(
    look: Look, scene: Scene, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether everything is in order, with a hook that fails."""
    fine = tuple(Check(name, ok=True, observed="3.11") for name in ("python", "checkpoints"))
    monkeypatch.setattr("modelshelf.registry.doctor.examine", lambda _context: fine)
    monkeypatch.setattr("modelshelf.registry.storing.free_bytes", lambda _folder: 32 << 30)
    monkeypatch.setattr("sys.executable", "python3")  # the command of the hook is shown
    hooked(scene, hook("deploy", FAILS))
    delivered(scene)
    await look(size, start="health", on=scene)
