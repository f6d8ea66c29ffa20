"""What the screens look like, as pictures and as text; --snapshot-update renews them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pytest_textual_snapshot import SVGImageExtension
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from modelshelf.tui import theme
from tests.tui.conftest import MakeApp, press, settle, text_of, write
from tests.tui.drops import fill_inbox
from tests.tui.governed import ask, govern
from tests.tui.scene import Scene
from tests.tui.test_lineage import family

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

Look = Callable[..., Any]

WIDE = (120, 40)
NARROW = (80, 24)


class TextExtension(SingleFileSnapshotExtension):
    """The screen as plain text, so that a change can be read in a review."""

    _file_extension = "txt"
    _write_mode = WriteMode.TEXT


@pytest.fixture
def look(make_app: MakeApp, snapshot: SnapshotAssertion) -> Look:
    """Return a function that presses keys and compares what is seen then.

    Not `snap_compare`: its report holds every environment variable of whoever runs it.
    """

    async def compare(
        size: tuple[int, int],
        *keys: str,
        text: str = "",
        light: bool = False,
        on: Scene | None = None,
    ) -> None:
        app = make_app(on)
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            if light:
                app.theme = theme.LIGHT.name
            await settle(pilot)
            await press(pilot, *keys)
            await write(pilot, text)
            for _ in range(3):  # the footer is put together anew when nothing else is to do
                await pilot.pause()
            assert text_of(app) + "\n" == snapshot.use_extension(TextExtension)
            assert app.export_screenshot(title="Modelshelf") == snapshot.use_extension(
                SVGImageExtension
            )

    return compare


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_models(look: Look, size: tuple[int, int]) -> None:
    """The first screen, with a model's versions."""
    await look(size, "j", "enter")


async def test_details(look: Look) -> None:
    """One version, on a narrow terminal."""
    await look(NARROW, "j", "enter", "enter")


async def test_filter(look: Look) -> None:
    """What a filter finds over all models."""
    await look(WIDE, "slash", text="stage:production")


async def test_light(look: Look) -> None:
    """The light theme."""
    await look(WIDE, "j", "enter", light=True)


async def test_no_color(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without colours everything is still told."""
    monkeypatch.setenv("NO_COLOR", "1")
    await look(WIDE, "j", "enter", "space")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_compare(look: Look, size: tuple[int, int]) -> None:
    """Two versions side by side."""
    await look(size, "j", "enter", "c")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_promote(look: Look, size: tuple[int, int]) -> None:
    """The review of a promotion."""
    await look(size, "j", "enter", "p")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_rollback(look: Look, size: tuple[int, int]) -> None:
    """The review of a rollback."""
    await look(size, "j", "enter", "b")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("light", [False, True], ids=["dark", "light"])
async def test_inbox(look: Look, scene: Scene, size: tuple[int, int], light: bool) -> None:  # noqa: FBT001
    """What was dropped: a line of every state."""
    fill_inbox(scene)
    await look(size, "3", on=scene, light=light)


async def test_inbox_line(look: Look, scene: Scene) -> None:
    """Something in quarantine, on a narrow terminal."""
    fill_inbox(scene)
    await look(NARROW, "3", "enter", on=scene)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_inbox_empty(look: Look, size: tuple[int, int]) -> None:
    """An inbox into which nothing was dropped yet teaches how."""
    await look(size, "3")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_release(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """The review of a release from quarantine."""
    fill_inbox(scene)
    await look(size, "3", "a", on=scene)


async def test_point(look: Look, scene: Scene) -> None:
    """Saying which model a dropped file belongs to."""
    fill_inbox(scene)
    await look(NARROW, "3", "j", "j", "m", text="risk/churn", on=scene)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_audit(look: Look, size: tuple[int, int]) -> None:
    """The audit log."""
    await look(size, "7", "j", "j")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_lineage(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """What a version came from and what came of it, with the impact of a data set."""
    family(scene)
    await look(size, "j", "enter", "L", "h", "i")


async def test_help(look: Look) -> None:
    """The keys of the models screen."""
    await look(WIDE, "question_mark")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_promote_with_gates(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """A promotion that takes gates and other people."""
    govern(scene)
    await look(size, "j", "enter", "p", "s", on=scene)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_reviews(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """Who asks for which stage, and what speaks for and against it."""
    govern(scene)
    ask(scene)
    await look(size, "4", on=scene)


async def test_reviews_with_nothing_to_do(look: Look) -> None:
    """What the screen teaches when nobody asks for anything."""
    await look(WIDE, "4")


async def test_approve(look: Look, scene: Scene) -> None:
    """The review of an approval."""
    govern(scene)
    ask(scene)
    await look(WIDE, "4", "a", on=scene)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_undo(look: Look, scene: Scene, size: tuple[int, int]) -> None:
    """The review of taking one's last change back."""
    with scene.acting("ana", timedelta(minutes=5)) as registry:
        registry.models.tag("risk/churn", set={"tier": "gold"})
    await look(size, "u", on=scene)
