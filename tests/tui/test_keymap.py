"""A person's own settings for the app: keys, theme, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding
from textual.widgets import OptionList

from modelshelf.domain.text import safe
from modelshelf.tui.actions import ACTIONS, INSIDE, by_id, reachable
from modelshelf.tui.actions.action import Action
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.keymap import read_keymap, spelled
from modelshelf.tui.memory import PERSON, Memory
from modelshelf.tui.personal import Personal, chosen, read, takes_utf_8
from modelshelf.tui.screens.help import HelpScreen
from modelshelf.tui.screens.inbox import InboxScreen
from modelshelf.tui.theme import DARK, LIGHT
from modelshelf.tui.widgets.keyline import KeyLine
from tests.tui.conftest import MakeApp, press, settle, shows, text_of, until
from tests.tui.scene import Scene

MOVED = {"keys": {"app.inbox": "ctrl+g", "app": {"travel": "W"}, "app.help": ["f3", "f4"]}}


Chosen = Callable[..., ModelshelfApp]


@pytest.fixture
def app_with(make_app: MakeApp, scene: Scene) -> Iterator[Chosen]:
    """Return a function that makes the app of a person with these settings."""
    del make_app  # it keeps the cursor from blinking
    made: list[ModelshelfApp] = []

    def make(table: dict[str, Any], state_folder: Path | None = None) -> ModelshelfApp:
        app = ModelshelfApp(
            scene.open,
            path="~/models",
            clock=scene.clock,
            poll_seconds=30.0,
            start="models",
            state_folder=state_folder,
            settings=chosen(table),
        )
        made.append(app)
        return app

    yield make
    for app in made:
        app.store.close()
        assert app.mishaps == []


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "key", "shown"),
    [
        ("P", "P", "P"),
        ("/", "slash", "/"),
        (",", "comma", ","),
        ("?", "question_mark", "?"),
        (" ", "space", "space"),
        ("Space", "space", "space"),
        ("Ctrl+G", "ctrl+shift+g", "ctrl+shift+g"),
        ("ctrl+g", "ctrl+g", "ctrl+g"),
        ("shift+alt+f2", "alt+shift+f2", "alt+shift+f2"),
        ("F9", "f9", "f9"),
        ("pgdn", "pagedown", "pgdn"),
        ("question_mark", "question_mark", "?"),
        ("ü", "ü", "ü"),
    ],
)
def test_a_key_is_read_as_people_write_it(written: str, key: str, shown: str) -> None:
    """Names of keys, characters and the words of our own footer are all understood."""
    keymap, wrong = read_keymap({"models.unmark": written})
    if wrong:  # it is somebody else's key there, which is said with the key's name
        assert f"{shown} is " in wrong[0]
    else:
        assert keymap == {"models.unmark": (key,)}
    assert spelled(key) == shown


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"models.promot": "P"}, "there is no action models.promot; the nearest is models.promote"),
        ({"models.promote": "hyper-x"}, "hyper-x is no key"),
        ({"models.promote": "p,P"}, "several keys are a list"),
        ({"models.promote": ""}, "is no key"),
        ({"models.promote": []}, "it takes one to 8 keys"),
        ({"models.promote": 7}, "7 is no key"),
        ({"models.promote": "\x1b[2J"}, r"\x1b[2J is no key"),
        ({"models.promote": "ctrl+i"}, "ctrl+i is tab in most terminals"),
        ({"models.promote": "ctrl+c"}, "ctrl+c copies what is selected"),
        ({"models.promote": "enter"}, "enter stays with what it means everywhere"),
        ({"app.undo": "escape"}, "esc stays with what it means everywhere"),
        ({"models.mark": "ctrl+s"}, "ctrl+s stays with what it means everywhere"),
        ({"promote.confirm": "P"}, "P is a character, and this must work while one is writing"),
        ({"app.leave": "backspace"}, "backspace is needed for writing"),
        ({"models.promote": "c"}, "on Models, c is compare (models.compare)"),
        ({"models.mark": "j"}, "on Models, j is down (table.down)"),
        ({"app.undo": "r"}, "r is refresh"),
        ({"models.mark": "F9", "models.compare": "f9"}, "on Models, f9 is"),
        ({"promote.confirm": "/"}, "/ is a character, and this must work while one is writing"),
    ],
)
def test_what_is_wrong_is_said_and_left_as_it_was(keys: dict[str, Any], told: str) -> None:
    """Each mistake is a sentence, and the action keeps the keys of the table."""
    keymap, wrong = read_keymap(keys)
    assert keymap == {}
    assert told in wrong[0]
    assert all(one.endswith(".") and one.isprintable() for one in wrong)


def test_no_key_both_begins_a_change_and_confirms_it() -> None:
    """Pressed twice, it would promote before anything was read."""
    keymap, wrong = read_keymap({"models.promote": "ctrl+g", "promote.confirm": "ctrl+g"})
    assert keymap == {"models.promote": ("ctrl+g",)}
    assert "ctrl+g would both begin a change and confirm it" in wrong[0]


def test_two_actions_may_change_places() -> None:
    """A key that was given away is free for another action."""
    keymap, wrong = read_keymap({"models.mark": "c", "models.compare": "space"})
    assert wrong == ()
    assert keymap == {"models.mark": ("c",), "models.compare": ("space",)}


KEYS = st.sampled_from(
    sorted({key for action in ACTIONS for key in action.each_key} | {"f9", "Z", "ctrl+g", "nope"})
)
NAMES = st.sampled_from(sorted(action.id for action in ACTIONS))


def pairs(screen: str, keymap: dict[str, tuple[str, ...]]) -> set[tuple[str, str, str]]:
    """Return which two actions of a screen share a key."""
    reach = reachable(screen)

    def keys(action: Action) -> set[str]:
        return set(keymap.get(action.id, action.each_key))

    return {
        (a.id, b.id, key) for a in reach for b in reach if a.id < b.id for key in keys(a) & keys(b)
    }


@given(st.dictionaries(NAMES, st.lists(KEYS, max_size=3), max_size=6))
def test_whatever_is_asked_for_no_key_comes_to_mean_two_things(table: dict[str, Any]) -> None:
    """What is taken shares no key that the table does not share; what is not taken is told."""
    keymap, wrong = read_keymap(table)
    for screen in INSIDE:
        assert pairs(screen, keymap) <= pairs(screen, {})
    assert set(table) - set(keymap) <= {one.split()[1] for one in wrong}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["theme", "keys", "ascii", "mouse", "start"]), JSON))
def test_settings_of_any_kind_are_judged_and_never_fail(table: dict[str, Any]) -> None:
    """Whatever stands in the settings, the app gets values it understands, and sentences."""
    found = chosen(table)
    assert isinstance(found.theme, str)
    assert found.ascii_only in (None, True, False)
    assert all(safe(one) == one for one in found.problems)


def test_settings_that_are_no_settings_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not TOML, not readable: the app starts as without them."""
    monkeypatch.setattr("modelshelf.settings.config_file", lambda: tmp_path / "config.toml")
    assert read() == Personal()
    (tmp_path / "config.toml").write_text("theme = = 1", encoding="utf-8")
    assert "is not TOML" in read().problems[0]
    (tmp_path / "config.toml").unlink()
    (tmp_path / "config.toml").mkdir()
    assert "cannot be read" in read().problems[0]


@pytest.mark.parametrize(
    ("environ", "encoding", "utf_8"),
    [
        ({}, "utf-8", True),
        ({"LANG": "en_GB.UTF-8"}, "utf-8", True),
        ({"LANG": "en_GB"}, "utf-8", True),
        ({"LANG": "de_DE.ISO-8859-15@euro"}, "utf-8", False),
        ({"LC_ALL": "C", "LANG": "en_GB.UTF-8"}, "utf-8", False),
        ({"LC_ALL": "", "LC_CTYPE": "C.UTF-8"}, "utf-8", True),
        ({}, "iso8859-1", False),
        ({}, None, True),
    ],
)
def test_the_locale_says_whether_it_is_utf_8(
    environ: dict[str, str], encoding: str | None, *, utf_8: bool
) -> None:
    """A locale that says nothing is no reason to draw less."""
    assert takes_utf_8(environ, encoding) is utf_8


# --- in the app -----------------------------------------------------------------------------------


async def test_the_chosen_keys_are_bound_and_shown_everywhere(app_with: Chosen) -> None:
    """Screen, head, footer, help and palette have the person's key; the old one is free."""
    app = app_with(MOVED)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await press(pilot, "3")
        assert not shows(app, InboxScreen)
        await press(pilot, "ctrl+g")
        assert shows(app, InboxScreen)
        assert "ctrl+g Inbox" in text_of(app)
        await until(pilot, lambda: "f3" in in_footer(app))  # it is put together in its own time
        assert "?" not in in_footer(app)
        await press(pilot, "f3")
        assert shows(app, HelpScreen)
        assert "ctrl+g" in str(rows(app)["app.inbox"])
        await press(pilot, "f4")
        assert shows(app, InboxScreen)


def in_footer(app: ModelshelfApp) -> set[str]:
    """Return the keys that the footer shows."""
    return {key.written for key in app.screen.query_one(KeyLine).keys}


def rows(app: ModelshelfApp) -> dict[str, object]:
    """Return what the list of keys shows, by the action's id."""
    listing = app.screen.query_one(OptionList)
    return {str(option.id): option.prompt for option in listing.options}


async def test_mistakes_are_counted_at_the_start_and_stand_above_the_keys(
    app_with: Chosen,
) -> None:
    """A note says how many and where; there they are, every one."""
    table = {"keys": {"app.qiut": "x[/]", "models.mark": "j"}, "theme": "modelshelf-lihgt"}
    app = app_with(table)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "3 mistakes: ? says which" in " ".join(n.message for n in app._notifications)
        await press(pilot, "question_mark")
        shown = text_of(app)
        assert "Mistakes in your settings" in shown
        assert "the nearest is modelshelf-light." in shown
        assert "on Models, j is down" in shown
        listing = app.screen.query_one(OptionList)
        assert listing.highlighted is not None
        assert not listing.get_option_at_index(listing.highlighted).disabled


async def test_the_theme_of_the_settings_comes_first_then_the_one_chosen_last(
    app_with: Chosen, tmp_path: Path
) -> None:
    """What was chosen in the palette holds at the next start, unless the settings name a theme."""
    first = app_with({}, state_folder=tmp_path)
    async with first.run_test() as pilot:
        await settle(pilot)
        assert first.theme == DARK.name
        first.theme = "nord"
        first.save_state()
    second = app_with({}, state_folder=tmp_path)
    async with second.run_test() as pilot:
        await settle(pilot)
        assert second.theme == "nord"
    said = app_with({"theme": LIGHT.name}, state_folder=tmp_path)
    async with said.run_test() as pilot:
        await settle(pilot)
        assert said.theme == LIGHT.name
        said.save_state()
    assert app_with({}, state_folder=tmp_path).memory.of(PERSON)["theme"] == "nord"
    assert Memory(tmp_path, "/another/registry").of(PERSON)["theme"] == "nord"


def test_every_action_can_be_given_another_key() -> None:
    """Every id of the table is the id of a binding, and reading the table back changes nothing."""
    table = {action.id: list(action.each_key) for action in ACTIONS}
    keymap, wrong = read_keymap(table)
    assert wrong == ()
    assert keymap == {action.id: action.each_key for action in ACTIONS}
    bound = {b.id for b in ModelshelfApp.BINDINGS if isinstance(b, Binding)}
    assert by_id("app.jump").id in bound
