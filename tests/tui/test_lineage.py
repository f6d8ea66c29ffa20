"""The lineage screen: the picture is walked with the keys, and says what serves because of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelshelf.domain.lineage import LineageEdge, LineageGraph, LineageNode
from modelshelf.domain.provenance import Dataset
from modelshelf.tui import tracing
from modelshelf.tui.screens.lineage import LineageScreen
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.widgets.graph import GraphView
from tests.tui.conftest import MakeApp, dangerous, press, settle, shows, text_of
from tests.tui.scene import _DIGEST, Scene

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from modelshelf.tui.app import ModelshelfApp

SIZE = (120, 40)


def _nodes(picture: GraphView) -> tuple[LineageNode, ...]:
    assert picture._graph is not None
    return picture._graph.nodes


def family(scene: Scene) -> None:
    """Let churn v7 come from v6, and both from one data set; a service uses what is served."""
    data = Dataset("customers", version="v4", digest=_DIGEST)
    with scene.open() as registry:
        registry.versions.amend("risk/churn:v6", datasets=[data], base="risk/churn:v5")
        registry.versions.amend(
            "risk/churn:v7", datasets=[data], base="risk/churn:v6", bases=["hf:lab/base@main"]
        )


@asynccontextmanager
async def at_lineage(
    make_app: MakeApp, thing: str, size: tuple[int, int] = SIZE
) -> AsyncIterator[tuple[ModelshelfApp, Pilot[None]]]:
    """Open the app and show the lineage of a thing."""
    app = make_app()
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_lineage(thing)
        await settle(pilot)
        yield app, pilot


async def test_the_lineage_of_a_version_opens_with_its_key(make_app: MakeApp, scene: Scene) -> None:
    """L shows the version under the cursor in the middle, 5 comes back to it, 1 leaves it."""
    family(scene)
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, ModelsScreen)
        app.go_to_model("risk/churn", 7)
        await settle(pilot)
        await press(pilot, "L")
        assert shows(app, LineageScreen)
        shown = text_of(app)
        assert "lineage risk/churn:v7" in shown
        assert "customers v4" in shown
        assert "○ hf:lab/base@main" in shown
        assert "what       version, production" in shown
        await press(pilot, "2", "5")
        assert "lineage risk/churn:v7" in text_of(app)


async def test_the_cursor_goes_along_the_lines(make_app: MakeApp, scene: Scene) -> None:
    """Left goes to an origin, right to a result, up and down stay in the layer, g returns."""
    family(scene)
    async with at_lineage(make_app, "risk/churn:v6") as (app, pilot):
        picture = app.screen.query_one(GraphView)
        await press(pilot, "l")
        assert picture.current is not None
        assert picture.current.reference == "risk/churn:v7"
        await press(pilot, "g")
        assert picture.current.reference == "risk/churn:v6"
        await press(pilot, "h")
        assert picture.current is not None
        first = picture.current.id
        await press(pilot, "j")
        await press(pilot, "k")
        assert picture.current.id == first


async def test_impact_says_what_serves_because_of_a_data_set(
    make_app: MakeApp, scene: Scene
) -> None:
    """Enter puts a data set into the middle, i says which versions hold a stage through it."""
    family(scene)
    async with at_lineage(make_app, "dataset:customers@v4") as (app, pilot):
        await press(pilot, "i")
        shown = text_of(app)
        assert "data set" in shown
        assert "risk/churn:v7 production" in shown
        await press(pilot, "i")
        assert "downstream:" not in text_of(app)


async def test_what_nothing_came_of_has_no_impact(make_app: MakeApp, scene: Scene) -> None:
    """Nothing is counted and nobody said to hold a stage where nothing lies downstream."""
    family(scene)
    async with at_lineage(make_app, "risk/churn:v7") as (app, pilot):
        await press(pilot, "i")
        assert "downstream: nothing" in text_of(app)
        assert "holds a stage" not in text_of(app)


async def test_two_things_say_how_they_hang_together(make_app: MakeApp, scene: Scene) -> None:
    """Space marks one; another says the way from it, and what both came from without one."""
    family(scene)
    async with at_lineage(make_app, "risk/churn:v7") as (app, pilot):
        picture = app.screen.query_one(GraphView)
        picture.cursor = next(n.id for n in _nodes(picture) if n.label == "customers v4")
        await settle(pilot)
        await press(pilot, "space")
        assert "customers v4 is marked." in text_of(app)
        await press(pilot, "g")
        assert "customers v4 → risk/churn:v7" in text_of(app)
        picture.cursor = next(n.id for n in _nodes(picture) if n.label.startswith("run"))
        await settle(pilot)
        assert "nothing leads to or from customers v4" in text_of(app)


async def test_what_a_version_carries_along_is_told(make_app: MakeApp, scene: Scene) -> None:
    """With i a version tells licences, leaked evaluation sets and suggested edges."""
    family(scene)
    with scene.open() as registry:
        data = Dataset("customers", "evaluated_on", "v4", _DIGEST)
        train = Dataset("customers", version="v4", digest=_DIGEST)
        registry.versions.amend("risk/churn:v7", datasets=[train, data])
    async with at_lineage(make_app, "risk/churn:v7") as (app, pilot):
        await press(pilot, "i")
        shown = text_of(app)
        assert "CC-BY-4.0: attribution" in shown
        assert "evaluated on customers v4, which risk/churn:v7 was trained on" in shown


async def test_only_what_is_related_is_shown_on_demand(make_app: MakeApp, scene: Scene) -> None:
    """With f the picture holds what leads to the cursor and from it; Esc shows all again."""
    family(scene)
    async with at_lineage(make_app, "risk/churn:v7") as (app, pilot):
        await press(pilot, "h", "h", "f")
        assert "f for all" in text_of(app)
        await press(pilot, "escape")
        assert "f for all" not in text_of(app)
        assert shows(app, LineageScreen)
        await press(pilot, "escape")
        assert shows(app, ModelsScreen)


async def test_a_thing_and_the_graph_are_copied(make_app: MakeApp, scene: Scene) -> None:
    """One key copies how the thing is written, one the whole graph, one opens the version."""
    family(scene)
    async with at_lineage(make_app, "risk/churn:v7") as (app, pilot):
        await press(pilot, "y")
        assert app.clipboard == "risk/churn:v7"
        await press(pilot, "e")
        assert app.clipboard.startswith("flowchart LR")
        await press(pilot, "E", "e")
        assert app.clipboard.startswith("digraph lineage {")
        await press(pilot, "E", "e")
        assert json.loads(app.clipboard.splitlines()[0])["eventType"]
        await press(pilot, "o")
        assert shows(app, ModelsScreen)


async def test_a_graph_is_saved_beside_what_is_there(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S writes a new file with a name that is told; one that is there is never written over."""
    (tmp_path / "at").mkdir()
    monkeypatch.chdir(tmp_path / "at")
    before = Path("lineage-risk-churn-v7.mmd")
    before.write_text("mine", encoding="utf-8")  # noqa: ASYNC240 - a few bytes
    async with at_lineage(make_app, "risk/churn:v7") as (app, pilot):
        await press(pilot, "S")
        assert "The graph is in lineage-risk-churn-v7-2.mmd, as Mermaid." in text_of(app)
    after = before.with_name("lineage-risk-churn-v7-2.mmd")
    texts = [file.read_text(encoding="utf-8") for file in (before, after)]
    assert texts[0] == "mine"
    assert texts[1].startswith("flowchart")


async def test_a_graph_that_cannot_be_saved_is_said(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that takes no file is a sentence."""
    monkeypatch.chdir("/proc/self")
    async with at_lineage(make_app, "risk/churn:v7") as (app, pilot):
        await press(pilot, "S")
        assert "cannot be written" in text_of(app)


async def test_the_way_goes_back_as_it_came(make_app: MakeApp, scene: Scene) -> None:
    """Esc puts into the middle what was there before, and at last goes where one came from."""
    family(scene)
    async with at_lineage(make_app, "risk/churn:v7") as (app, pilot):
        await press(pilot, "h", "enter")
        assert "lineage risk/churn:v7" not in text_of(app)
        await press(pilot, "escape")
        assert "lineage risk/churn:v7" in text_of(app)
        await press(pilot, "7", "5", "escape")
        assert app.current_mode == "audit"


async def test_a_click_selects_and_two_open(make_app: MakeApp, scene: Scene) -> None:
    """The mouse does what the arrow keys and Enter do."""
    family(scene)
    async with at_lineage(make_app, "risk/churn:v7") as (app, pilot):
        picture = app.screen.query_one(GraphView)
        lines = text_of(app).splitlines()
        y = next(n for n, line in enumerate(lines) if "customers v4" in line)
        at = (lines[y].index("customers"), y)
        await pilot.click(offset=at)
        await settle(pilot)
        assert picture.current is not None
        assert picture.current.label == "customers v4"
        await pilot.click(offset=at, times=2)
        await settle(pilot)
        assert "lineage customers v4" in text_of(app)


async def test_thing_and_steps_are_remembered(
    make_app: MakeApp, scene: Scene, tmp_path: Path
) -> None:
    """A later start shows the same picture with the cursor on the same thing."""
    family(scene)
    app = make_app(state_folder=tmp_path / "state")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_lineage("risk/churn:v7")
        await settle(pilot)
        await press(pilot, "left_square_bracket", "h")
        here = app.screen.query_one(GraphView).cursor
        app.save_state()
    app = make_app(state_folder=tmp_path / "state", start="lineage")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "lineage risk/churn:v7  2 steps" in text_of(app)
        assert app.screen.query_one(GraphView).cursor == here


@pytest.mark.parametrize(
    "state",
    [
        {"thing": 3, "hops": "x", "focused": 1, "cursor": []},
        {"thing": "\x1b[31m[/]", "hops": True, "focused": None, "cursor": "\u202e"},
        {"thing": "never:v1", "hops": 10**9},
    ],
)
async def test_a_hostile_state_is_harmless(make_app: MakeApp, state: dict[str, object]) -> None:
    """What was remembered is taken up where it makes sense, and said where it does not."""
    app = make_app(start="lineage")
    app.memory.keep("lineage", state)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert shows(app, LineageScreen)
        assert not dangerous(app)
        assert not app.mishaps


async def test_what_is_not_there_is_said(make_app: MakeApp) -> None:
    """A thing that nobody knows is a sentence in place of the picture."""
    async with at_lineage(make_app, "dataset:never-heard-of") as (app, pilot):
        assert "never-heard-of" in text_of(app)
        await press(pilot, "f", "i", "enter", "y", "e", "right_square_bracket")
        assert app.clipboard == ""


@pytest.mark.parametrize("size", [SIZE, (80, 24)], ids=["wide", "narrow"])
async def test_hostile_labels_are_harmless(make_app: MakeApp, size: tuple[int, int]) -> None:
    """A label is never markup and never speaks to the terminal, however long it is."""
    bad = "[red]x[/]\x1b]0;t\x07\u202e" + "ü" * 300
    nodes = (
        LineageNode("version", "version:1", "m:v1", "m:v1", "production", ("yanked",)),
        LineageNode("dataset", "dataset:1", bad),
        LineageNode("odd\x1bkind", "odd:1", ""),
    )
    edges = (
        LineageEdge("dataset:1", "version:1", "trained_on"),
        LineageEdge("version:1", "dataset:1", "circle"),
        LineageEdge("odd:1", "version:1", bad),
    )
    graph = LineageGraph("version:1", nodes, edges)
    async with at_lineage(make_app, "risk/churn:v7", size) as (app, pilot):
        picture = app.screen.query_one(GraphView)
        picture.show(graph, tracing.labels(graph, ("draft", "production")), cursor="dataset:1")
        await settle(pilot)
        assert not dangerous(app)
        assert "[red]x" in text_of(app)
