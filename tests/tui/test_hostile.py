"""A catalogue full of hostile text, walked through every screen: it stays text."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from modelshelf.tui.actions import MODES
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.ascii import AsciiOnly
from modelshelf.tui.screens.asking import Asking
from modelshelf.tui.screens.compare import CompareScreen
from modelshelf.tui.screens.frame import Frame
from modelshelf.tui.screens.health import HealthScreen
from modelshelf.tui.screens.help import HelpScreen
from modelshelf.tui.screens.jump import JumpScreen
from modelshelf.tui.screens.picking import ColumnPicker
from modelshelf.tui.screens.tagging import TagsScreen
from modelshelf.tui.screens.travel import TravelScreen
from modelshelf.tui.screens.undo import UndoScreen
from modelshelf.tui.tabs import NAMES
from tests.tui.conftest import MakeApp, dangerous, press, settle, shows, text_of, until, write
from tests.tui.governed import promoting, rolling_back
from tests.tui.nasty import ALONE, NASTY, hostile
from tests.tui.scene import NOW, Scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

__all__ = ["NASTY", "hostile"]  # the fixture, found by its name, and what it is full of
COUNT = len(NASTY)


@dataclass
class Walk:
    """Goes through the app, and looks at what is drawn after every key.

    Attributes:
        pilot: Holds the app.
        plain: Whether only ASCII may be drawn.
    """

    pilot: Pilot[None]
    plain: bool = False

    @property
    def rows(self) -> int:
        """How many rows are gone through: all that are nasty, where the screen is large."""
        return COUNT if self.app.size.width > 100 else 3

    @property
    def app(self) -> ModelshelfApp:
        """The app."""
        return cast("ModelshelfApp", self.pilot.app)

    @property
    def screen(self) -> Any:  # noqa: ANN401 - any screen of ours
        """What is in front."""
        return self.app.screen

    async def keys(self, *keys: str) -> None:
        """Press keys and look after each."""
        for key in keys:
            await press(self.pilot, key)
            await self.look(key)

    async def words(self, text: str) -> None:
        """Type text and look."""
        await write(self.pilot, text)
        await self.look(text)

    async def look(self, after: str) -> None:
        """Nothing a terminal could obey is drawn; a screen over the others has its answers too."""
        if isinstance(self.screen, Asking) and not isinstance(self.screen, Frame):
            await until(self.pilot, lambda: self.screen.quiet)
        assert dangerous(self.app) == set(), (type(self.screen).__name__, after)
        if self.plain:
            shown = text_of(self.app)
            assert shown.isascii(), (type(self.screen).__name__, after)

    async def come(self, mode: str) -> None:
        """Come to a part of the app."""
        self.app.at_mode(mode)
        await settle(self.pilot)
        await self.look(mode)


async def dashboard(walk: Walk) -> None:
    """Every section and row; what opens from them."""
    await walk.come("dashboard")
    for _ in range(5):
        await walk.keys("j", "l", "tab")
    await walk.keys("enter", "1", "p", "escape", "b", "escape")


async def models(walk: Walk) -> None:
    """The tree folded and unfolded, the versions, every tab of every version."""
    await walk.come("models")
    await walk.keys("home", *["j"] * (walk.rows + 1), "h", "k", "h", "l", "end", "enter")
    walk.app.go_to_model("churn")
    await settle(walk.pilot)
    for number in range(len(NAMES)):
        await walk.keys("j" if number else "home", "right_square_bracket")
    await walk.keys("z", "z", "tab", "G", "escape")


async def versions(walk: Walk) -> None:
    """Orders and columns with hostile names, marks, copies, tags, widths."""
    walk.app.go_to_model("churn")
    await settle(walk.pilot)
    await walk.keys("s", *["j"] * (walk.rows + 4), "enter", "S", "o")
    assert shows(walk.app, ColumnPicker)
    for _ in range(walk.rows + 2):
        await walk.keys("space", "j", "j")
    await walk.keys("enter", "l", "greater_than_sign", "less_than_sign", "space", "j", "v")
    await walk.keys("Y", "j", "j", "enter", "Y", "escape", "O", "t")
    assert shows(walk.app, TagsScreen)
    await walk.words("[/x]=[b]")
    await walk.keys("enter", "tab", "j", "x", "enter", "escape", "escape", "escape", "U")
    await walk.keys("o", "d", "enter")


async def completion(walk: Walk) -> None:
    """What the filter offers is as hostile as what it found it in."""
    await walk.come("models")
    await walk.keys("slash")
    for text in ("metrics.", "params.", "tag:", "by:", "x"):
        await walk.words(text)
        await walk.keys("down", "down", "tab", "end", "ctrl+u")
    await walk.keys("escape", "escape")


async def inbox(walk: Walk) -> None:
    """Paths, reasons, findings, owners, and each review of a line."""
    await walk.come("inbox")
    await walk.keys("home")
    await walk.keys(*["j"] * (2 * walk.rows))
    for _ in range(3):
        await walk.keys("s", "enter", "Y")
        await walk.come("inbox")
    walk.screen.show_state("quarantined")
    await settle(walk.pilot)
    for _ in range(walk.rows // 4 + 1):
        await walk.keys("j")
        for key in ("a", "x", "m"):
            await walk.keys(key, "ctrl+s", "escape", "escape")
            await walk.come("inbox")
    await walk.keys("slash")
    await walk.words("[/x")
    await walk.keys("escape", "i", "r")


async def reviews(walk: Walk) -> None:
    """Reasons, people and comments of every request, and every answer to one."""
    await walk.come("reviews")
    await walk.keys("s", *["j"] * walk.rows, "home")
    await walk.keys("enter", "end", "escape", "S")
    for key in ("a", "x", "w", "p", "f"):
        await walk.keys(key, "r")
        await walk.words("[/]")
        await walk.keys("ctrl+s", "escape", "escape")
        await walk.come("reviews")


async def lineage(walk: Walk) -> None:
    """Data sets, runs and versions that are called so, what hangs on them, and exports."""
    walk.app.go_to_lineage("churn:v2")
    await settle(walk.pilot)
    await walk.keys("h", "j", "j", "k", "i", "space", "l", "l", "f", "f", "H", "L")
    await walk.keys("right_square_bracket", "left_square_bracket", "E", "e", "S")
    await walk.keys("h", "enter", "escape", "r", "o")


async def compare(walk: Walk) -> None:
    """Eight versions: values, bars, the tensors that are none, and adding one by name."""
    walk.app.go_to_compare(tuple(f"churn:v{number + 1}" for number in range(COUNT)))
    await until(walk.pilot, lambda: walk.screen.comparison is not None)
    await walk.keys("d", *["j"] * walk.rows, "v", "j", "v", "l", "l", "b", "e", "x", "a")
    await walk.words("[/")
    await walk.keys("pagedown", "ctrl+u")
    await walk.words("x")
    await walk.keys("down", "escape", "t", "escape")
    assert COUNT == 8  # as many as can be compared


async def audit(walk: Walk) -> None:
    """Every kind of entry, and filters that are made from them."""
    await walk.come("audit")
    await walk.keys(*["j"] * (2 * walk.rows))
    for key in ("a", "m", "e"):
        await walk.keys("home", "j", key, "escape")
    await walk.come("audit")
    await walk.keys("end", "y", "enter")
    await walk.come("audit")
    await walk.keys("slash")
    await walk.words("actor:[/]")
    await walk.keys("enter", "escape", "escape")


async def health(walk: Walk) -> None:
    """Hooks, what they answered, storage, the doctor; the log verified; both reviews."""
    await walk.come("health")
    for part in range(8):
        await walk.keys("enter", "j", "enter", "end")
        await walk.come("health")
        walk.screen.go_to_pane("parts")
        if part < 2:
            await walk.keys("t", "escape", "R", "escape")
        await walk.keys("right_square_bracket")
    for key in ("v", "p"):
        await walk.keys(key)
        screen = walk.screen
        assert isinstance(screen, HealthScreen)
        await until(walk.pilot, lambda: not walk.screen.busy)
        await walk.look(key)


async def changes(walk: Walk) -> None:
    """Promote, roll back and undo, up to the key that does it."""
    await walk.come("models")
    await promoting(walk.pilot, "churn:v2")
    await walk.keys("s", "S", "w", "5", "0", "r")
    await walk.words("[/] [b]")
    await walk.keys("ctrl+s", "f1", "escape", "escape", "escape")
    await walk.come("models")
    await rolling_back(walk.pilot, "churn")
    await walk.keys(*["j"] * walk.rows, "s", "ctrl+s", "escape", "escape")
    await walk.come("models")
    await walk.keys("u")
    assert shows(walk.app, UndoScreen)
    await walk.keys("pagedown", "escape")


async def manners(walk: Walk) -> None:
    """Help, the letters for jumping, the palette, what a mouse that rests brings up."""
    for mode in ("models", "reviews"):
        await walk.come(mode)
        await walk.keys("question_mark")
        assert shows(walk.app, HelpScreen)
        await walk.words("[/x")
        await walk.keys("escape", "ctrl+o")
        assert shows(walk.app, JumpScreen)
        await walk.keys("escape")
    await walk.come("models")
    for part in ("[", "x", "\u202e", "模"):
        await walk.pilot.press("ctrl+p")
        await walk.words(part)
        await walk.pilot.pause(0.15)
        await walk.look(part)
        await walk.pilot.press("escape")
    for place in ("KeyLine", "Rule", "VTable", "Masthead", "#versions-rule"):
        await walk.pilot.hover(place)
        await walk.look(place)


async def travel(walk: Walk) -> None:
    """A moment is chosen, every part shows it, and now is come back to."""
    await walk.come("audit")
    await walk.keys("T")
    assert shows(walk.app, TravelScreen)
    await walk.words("[/")
    await walk.keys("ctrl+u", "down", "down", "enter")
    await until(walk.pilot, lambda: bool(walk.app.facts and walk.app.facts.past))
    for mode in MODES:
        await walk.come(mode)
        await walk.keys("j", "enter")
    await walk.keys("T")
    await until(walk.pilot, lambda: not (walk.app.facts and walk.app.facts.past))
    await walk.look("T")


# Each way begins in an app of its own.
WAYS: dict[str, tuple[Callable[[Walk], Awaitable[None]], ...]] = {
    "models": (dashboard, models, versions, completion),
    "inbox": (inbox,),
    "graphs": (lineage, compare),
    "records": (reviews, audit, health),
    "changes": (changes, manners, travel),
}
SIZES = {"wide": (120, 40), "narrow": (80, 24)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_a_hostile_catalogue_stays_text(
    make_app: MakeApp,
    hostile: Scene,
    way: str,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every part, pane and review: no exception, no character a terminal would obey."""
    monkeypatch.chdir(tmp_path)  # a graph may be saved there
    app = make_app(hostile, start="dashboard")
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        walk = Walk(pilot)
        for part in WAYS[way]:
            await part(walk)
            app.clear_notifications()
        assert app.mishaps == []


@pytest.mark.parametrize("way", WAYS)
async def test_it_is_ascii_where_that_is_wanted(
    make_app: MakeApp, hostile: Scene, way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same names, drawn on a terminal that has nothing else."""
    monkeypatch.chdir(tmp_path)
    app = make_app(hostile, start="dashboard")
    app._ascii = AsciiOnly()  # as Personal(ascii_only=True) has it
    async with app.run_test(size=(100, 30), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        walk = Walk(pilot, plain=True)
        for part in WAYS[way]:
            await part(walk)


async def test_notes_show_hostile_names_as_text(make_app: MakeApp, hostile: Scene) -> None:
    """Toasts and the line above the footer take names as they are."""
    app = make_app(hostile)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        walk = Walk(pilot)
        for text in ALONE:
            app.tell(text)
            app.action_copy_text(text)
            walk.screen.say(text)
            await pilot.pause()
            await walk.look(text)
        assert app.clock() == NOW


async def test_hostile_text_in_the_filter_is_only_text(make_app: MakeApp, scene: Scene) -> None:
    """What is typed or pasted is searched for, or refused with a sentence."""
    app = make_app(scene)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for text in ALONE:
            app.screen.find(text)  # type: ignore[attr-defined]
            await settle(pilot)
            app.screen.reason_against("models.mark")  # type: ignore[attr-defined]
        assert app.mishaps == []


def kept_as_ascii(folder: Path) -> str:
    """Return the part of the app that was left, as the file of memory says in ASCII."""
    (file,) = folder.glob("app-*.json")
    return str(json.loads(file.read_bytes().decode("ascii"))["app"]["mode"])


async def test_what_is_remembered_of_it_is_harmless_too(
    make_app: MakeApp, hostile: Scene, tmp_path: Path
) -> None:
    """Where one was among hostile names is written as ASCII, and read again without harm."""
    app = make_app(hostile, state_folder=tmp_path)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        walk = Walk(pilot)
        for mode in MODES:
            await walk.come(mode)
            await walk.keys("j", "j", "j")
        walk.app.go_to_compare(("churn:v1", "churn:v2"))
        await settle(pilot)
        assert shows(app, CompareScreen)
        app.save_state()
    assert kept_as_ascii(tmp_path) == "compare"
    again = make_app(hostile, state_folder=tmp_path, start="")
    async with again.run_test(size=(80, 24), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for mode in MODES:
            await Walk(pilot).come(mode)
