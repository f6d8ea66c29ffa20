"""What the models screen remembers between two starts, and what it shows without any model."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from modelshelf.registry import create_registry
from modelshelf.tui.listing import Scope, Wish
from modelshelf.tui.widgets.filter import Filter
from modelshelf.tui.widgets.ways import Way
from tests.tui.conftest import MakeApp, press, settle, text_of, until, write
from tests.tui.scene import Scene
from tests.tui.test_versions_table import SIZE, current, screen_of

# --- what is remembered ---------------------------------------------------------------------------


async def test_the_next_start_shows_the_same(make_app: MakeApp, tmp_path: Path) -> None:
    """List, filter, order, columns, marks, cursor, folded namespaces, pane and width come back."""
    app = make_app(state_folder=tmp_path)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        screen_of(app).select("risk/churn", 5)
        await press(pilot, "slash")
        await write(pilot, "metrics.auc>0")
        await press(pilot, "enter", "S", "space", "greater_than_sign")
        screen_of(app).show_columns(("age", "params.depth"))
        screen_of(app).folded = frozenset({"vision/"})
        kept = current(app)
        app.leave()
    app = make_app(state_folder=tmp_path)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await settle(pilot)
        screen = screen_of(app)
        assert current(app) == kept
        assert screen.wish == Wish(Scope("risk/churn"), "metrics.auc>0", "oldest")
        assert screen.query_one(Filter).is_open
        assert screen.columns == ("age", "params.depth")
        assert "1 marked" in text_of(app)
        assert "▸ vision" in text_of(app)
        assert screen.query_one("#left").size.width == 35
        assert screen.pane == "versions"


async def test_a_state_file_of_another_hand_harms_nothing(
    make_app: MakeApp, tmp_path: Path
) -> None:
    """Of a state that says what cannot be, the screen takes what it understands."""
    app = make_app(state_folder=tmp_path)
    odd = {
        "scope": "no/such", "text": 7, "sort": "id;--", "columns": ["x", "size", 3],
        "marked": ["risk/churn:v1", "gone:v9", "[/]"], "at": "[b]", "folded": "risk/",
        "pane": "nowhere", "width": 10**9,
    }  # fmt: skip
    file = app.memory._own._file
    assert file is not None
    file.write_text(json.dumps({"format": 1, "models": odd}), encoding="utf-8")
    app = make_app(state_folder=tmp_path)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await until(pilot, lambda: "15 versions" in text_of(app))
        assert "1 marked" in text_of(app)
        assert screen_of(app).columns == ("size",)


# --- an empty registry ----------------------------------------------------------------------------


async def test_an_empty_registry_shows_three_ways_to_add_a_model(
    make_app: MakeApp, tmp_path: Path
) -> None:
    """A folder, a command, a line of Python, each copied with Enter; a model takes their place."""
    folder = tmp_path / "empty"
    create_registry(folder).close()
    empty = Scene(folder)
    app = make_app(on=empty, poll_seconds=0.05)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "Three ways" in text_of(app)
        words = [way.words for way in app.screen.query(Way)]
        assert words[0] == f"mkdir -p {folder}/inbox/churn && cp model.onnx {folder}/inbox/churn/"
        assert words[1] == f"modelshelf -R {folder} register churn model.onnx --metric auc=0.91"
        assert words[2].startswith("modelshelf.open_registry(")
        await press(pilot, "enter")
        assert app.clipboard == words[0]
        await press(pilot, "tab", "enter")
        assert app.clipboard == words[1]
        with empty.acting("ci", timedelta(minutes=5)) as other:
            empty.add(other, "risk/first")
        await until(pilot, lambda: "all models · 1 version" in text_of(app))
        assert "Three ways" not in text_of(app)
