"""One table of actions: keys, footer, help, palette and docs/app.md all say the same."""

from __future__ import annotations

from collections import Counter

import pytest
from textual.binding import Binding
from textual.widgets import OptionList

from modelshelf.tui.actions import ACTIONS, INSIDE, MODES, TITLES, of, reachable
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.docs import GENERATED_FROM, GENERATED_TO, keys_page
from modelshelf.tui.screens.adding import AddingScreen
from modelshelf.tui.screens.answering import (
    ApplyScreen,
    ApproveScreen,
    RejectScreen,
    WithdrawScreen,
)
from modelshelf.tui.screens.audit import AuditScreen
from modelshelf.tui.screens.compare import CompareScreen
from modelshelf.tui.screens.copying import CopyScreen
from modelshelf.tui.screens.dashboard import DashboardScreen
from modelshelf.tui.screens.deciding import DiscardScreen, ReleaseScreen
from modelshelf.tui.screens.health import HealthScreen
from modelshelf.tui.screens.health_telling import TellingScreen
from modelshelf.tui.screens.help import HelpScreen
from modelshelf.tui.screens.inbox import InboxScreen
from modelshelf.tui.screens.jump import JumpScreen
from modelshelf.tui.screens.lineage import LineageScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.picking import ColumnPicker, SortPicker
from modelshelf.tui.screens.point import PointScreen
from modelshelf.tui.screens.promote import PromoteScreen
from modelshelf.tui.screens.reviews import ReviewsScreen
from modelshelf.tui.screens.rollback import RollbackScreen
from modelshelf.tui.screens.tagging import TagsScreen
from modelshelf.tui.screens.travel import TravelScreen
from modelshelf.tui.screens.undo import UndoScreen
from modelshelf.tui.widgets.filter import _Box
from modelshelf.tui.widgets.graph import GraphView
from modelshelf.tui.widgets.vtable import VTable
from tests.contracts.tree import ROOT
from tests.tui.conftest import MakeApp, settle, shows

OWNERS: dict[str, type] = {
    "app": ModelshelfApp,
    "dashboard": DashboardScreen,
    "models": ModelsScreen,
    "inbox": InboxScreen,
    "audit": AuditScreen,
    "compare": CompareScreen,
    "adding": AddingScreen,
    "promote": PromoteScreen,
    "rollback": RollbackScreen,
    "release": ReleaseScreen,
    "discard": DiscardScreen,
    "point": PointScreen,
    "reviews": ReviewsScreen,
    "approve": ApproveScreen,
    "reject": RejectScreen,
    "withdraw": WithdrawScreen,
    "apply": ApplyScreen,
    "undo": UndoScreen,
    "lineage": LineageScreen,
    "graph": GraphView,
    "health": HealthScreen,
    "sorting": SortPicker,
    "columns": ColumnPicker,
    "tags": TagsScreen,
    "copies": CopyScreen,
    "telling": TellingScreen,
    "travel": TravelScreen,
    "help": HelpScreen,
    "jump": JumpScreen,
    "table": VTable,
    "filter": _Box,
}
FOOTER_MOST = 7


def test_ids_are_unique_and_every_action_is_explained() -> None:
    """No two actions share an id, and each says in a sentence what it does."""
    assert [i for i, n in Counter(a.id for a in ACTIONS).items() if n > 1] == []
    assert [a.id for a in ACTIONS if not a.about.endswith(".") or not a.label] == []


def test_every_place_of_the_table_has_an_owner() -> None:
    """Whatever stands in the table is bound by exactly one screen or widget."""
    assert {a.where for a in ACTIONS} == set(OWNERS) == set(TITLES)


@pytest.mark.parametrize("where", sorted(OWNERS))
def test_the_keys_bound_are_those_of_the_table(where: str) -> None:
    """A class binds what the table says and nothing besides it."""
    declared = vars(OWNERS[where])["BINDINGS"]
    bound = {b.id: (b.key, b.action) for b in declared if isinstance(b, Binding)}
    assert bound == {a.id: (a.keys, a.call) for a in of(where)}
    assert len(bound) == len(declared)


@pytest.mark.parametrize("where", sorted(OWNERS))
def test_every_action_has_a_method(where: str) -> None:
    """An action of the table is a method of its owner, of the app, or of the screen."""
    for action in of(where):
        name = action.call.partition("(")[0]
        owner = OWNERS[where]
        if "." in name:
            place, _, name = name.partition(".")
            owner = {"app": ModelshelfApp, "screen": ModelsScreen}[place]
        assert hasattr(owner, f"action_{name}"), action.id


@pytest.mark.parametrize("where", sorted(INSIDE))
def test_the_footer_holds_at_most_seven_keys(where: str) -> None:
    """A footer that shows everything shows nothing."""
    shown = [a for a in (*of(where), *of("app")) if a.footer]
    assert len(shown) <= FOOTER_MOST


@pytest.mark.parametrize("where", sorted(INSIDE))
def test_no_key_of_a_screen_means_two_things(where: str) -> None:
    """A screen's own keys are distinct, and shadow those of its list or the app only knowingly."""
    own = [key for a in of(where) for key in a.keys.split(",")]
    assert [k for k, n in Counter(own).items() if n > 1] == []
    table = {key for a in of("table") for key in a.keys.split(",")}
    assert not table & set(own) if "table" in INSIDE[where] else True


@pytest.mark.parametrize("mode", list(MODES))
async def test_help_lists_every_action_that_a_key_reaches(make_app: MakeApp, mode: str) -> None:
    """`?` shows the whole table of the screen, of its lists, and of the app."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        app.action_mode(mode)
        await settle(pilot)
        await pilot.press("question_mark")
        listing = app.screen.query_one(OptionList)
        listed = {option.id for option in listing.options if option.id is not None}
        assert listed == {action.id for action in reachable(mode)}


async def test_help_searches_and_runs(make_app: MakeApp) -> None:
    """Typing narrows the list, Enter runs what is left, `?` closes it again."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await pilot.press("question_mark", *"audit log")
        await pilot.press("enter")
        await settle(pilot)
        assert shows(app, AuditScreen)
        await pilot.press("question_mark")
        assert shows(app, HelpScreen)
        await pilot.press("question_mark")
        assert shows(app, AuditScreen)


def test_the_page_about_the_app_is_made_from_the_table() -> None:
    """docs/app.md holds the tables of keys as they are."""
    page = (ROOT / "docs" / "app.md").read_text(encoding="utf-8")
    generated = page.partition(GENERATED_FROM)[2].partition(GENERATED_TO)[0]
    assert generated.strip() == keys_page().strip()
