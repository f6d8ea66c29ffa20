"""What is remembered between two starts, and whatever else may stand in its file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.tui.actions import MODES
from modelshelf.tui.memory import PERSON, Memory, listed, words
from modelshelf.tui.screens.dashboard import DashboardScreen
from tests.tui.conftest import MakeApp, settle, shows, text_of

WHERE = "~/models"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=8), one, max_size=4),
    max_leaves=12,
)


def files_of(folder: Path) -> tuple[Path, Path]:
    """Return the files in which the state of a registry, and of the person, is kept."""
    memory = Memory(folder, WHERE)
    memory.keep("app", {})
    memory.keep(PERSON, {})
    assert memory.save() == ""
    (file,) = folder.glob("app-*.json")
    return file, folder / "app.json"


@given(state=st.dictionaries(st.text(max_size=10), JSON))
def test_whatever_is_in_a_state_only_what_is_meant_is_taken(state: dict[str, Any]) -> None:
    """A text is a text, a list is a list of texts, and neither is longer than ours are."""
    for name in state:
        assert isinstance(words(state, name), str)
        assert all(isinstance(one, str) for one in listed(state, name))


@given(text=st.text(max_size=60) | JSON.map(json.dumps))
def test_whatever_is_in_the_file_it_is_read_or_forgotten(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No content of the file fails, and every place is a mapping."""
    folder = tmp_path_factory.mktemp("state")
    for file in files_of(folder):
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
    memory = Memory(folder, WHERE)
    assert all(isinstance(memory.of(place), dict) for place in ("app", PERSON, *MODES))
    assert memory.save() == ""


VALUES: tuple[Any, ...] = (
    None, True, -1, 10**40, 1.5, "", "x" * 2_000, "[/]\x1b]0;x\x07\u202e", [], [[]], ["x"] * 99,
    ["[b]", 7, None, {}], {}, {"x": {"x": {}}}, "risk/churn", "models", "9" * 50,
)  # fmt: skip


def state_names() -> set[str]:
    """Return all names that any screen remembers something under, from the sources."""
    import re

    import modelshelf.tui

    folder = Path(modelshelf.tui.__file__).parent
    text = "\n".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))
    return set(re.findall(r'state(?:\.get)?,? ?\(?"?(?:state, )?"([a-z_]+)"', text)) | set(
        re.findall(r'(?:words|listed)\(state, "([a-z_]+)"', text)
    )


@pytest.mark.parametrize("turn", range(6))
async def test_no_screen_believes_what_it_remembers(
    make_app: MakeApp, tmp_path: Path, turn: int
) -> None:
    """Every screen opens, whatever another hand wrote as its state."""
    names = state_names() | {"pane", "filter", "model", "tab", "sort", "columns", "marked", "theme"}
    place = {
        name: VALUES[(at * 7 + turn * 3) % len(VALUES)] for at, name in enumerate(sorted(names))
    }
    everything = {"format": 1, **dict.fromkeys(("app", PERSON, *MODES), place)}
    for file in files_of(tmp_path):
        file.write_text(json.dumps(everything), encoding="utf-8")
    app = make_app(state_folder=tmp_path, start="")
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for mode in MODES:
            app.action_mode(mode)
            await settle(pilot)
            assert "\x1b" not in text_of(app)
        app.save_state()


def huge(file: Path) -> None:
    """Write more than is ever read."""
    file.write_text('{"format": 1, "app": {"mode": "' + "x" * 300_000 + '"}}', encoding="utf-8")


def nested(file: Path) -> None:
    """Write what no parser follows to its end."""
    file.write_text("[" * 100_000, encoding="utf-8")


def a_folder(file: Path) -> None:
    """Put a folder in its place."""
    file.unlink()
    file.mkdir()


def unreadable(file: Path) -> None:
    """Let nobody read it."""
    file.chmod(0)


def no_text(file: Path) -> None:
    """Write bytes that are no text."""
    file.write_bytes(os.urandom(500))


def no_state(file: Path) -> None:
    """Write JSON that is no state."""
    file.write_text("[1, 2]", encoding="utf-8")


def another_format(file: Path) -> None:
    """Write what a later release may write."""
    file.write_text('{"format": 2, "app": {"mode": "audit"}}', encoding="utf-8")


@pytest.mark.parametrize(
    "spoil", [huge, nested, a_folder, unreadable, no_text, no_state, another_format]
)
async def test_a_file_that_is_none_of_ours_is_as_good_as_none(
    make_app: MakeApp, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """The app begins on its first screen, and is left without a word about it."""
    for file in files_of(tmp_path):
        spoil(file)
    app = make_app(state_folder=tmp_path, start="")
    async with app.run_test(size=(100, 30), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert shows(app, DashboardScreen) or (os.geteuid() == 0 and spoil is unreadable)
        app.save_state()
        app.save_state()
        await settle(pilot)


async def test_it_begins_where_it_was_left(make_app: MakeApp, tmp_path: Path) -> None:
    """The first start shows the dashboard, the next one the part that was left."""
    first = make_app(state_folder=tmp_path, start="")
    async with first.run_test(size=(80, 24), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert shows(first, DashboardScreen)
        first.action_mode("audit")
        await settle(pilot)
    second = make_app(state_folder=tmp_path, start="")
    async with second.run_test(size=(80, 24), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert second.current_mode == "audit"
