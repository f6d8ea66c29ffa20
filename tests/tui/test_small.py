"""Small things that are alike everywhere: the way back, numbers with their nouns, failures."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest

from modelshelf.domain.inspection import Inspection
from modelshelf.domain.provenance import Dataset
from modelshelf.domain.text import plural
from modelshelf.tui.actions import MODES, by_id
from tests.tui import drops
from tests.tui.conftest import MakeApp, press, settle, text_of, until
from tests.tui.healthy import quick_doctor  # noqa: F401 - a fixture is known where it is imported
from tests.tui.scene import Scene, empty_scene

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from modelshelf.tui.app import ModelshelfApp
    from modelshelf.tui.screens.inbox import InboxScreen

SIZE = (80, 24)


def flat(app: ModelshelfApp) -> str:
    """Return what is on the screen, wherever its lines end."""
    return " ".join(text_of(app).split())


async def said(pilot: Pilot[None], app: ModelshelfApp, words: str) -> None:
    """Wait until something is said, where no registry can be asked."""
    for _ in range(200):
        await pilot.pause(0.01)
        if words in flat(app):
            return
    raise AssertionError(flat(app))


@pytest.mark.parametrize("mode", MODES)
async def test_esc_at_the_root_goes_where_one_came_from(make_app: MakeApp, mode: str) -> None:
    """From each part to the one before, and no further than where the app was opened."""
    first, second = [other for other in ("audit", "reviews", "inbox") if other != mode][:2]
    app = make_app(start=first)
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for part in (second, mode):
            await press(pilot, by_id(f"app.{part}").keys)
        for part in (second, first, first):
            await press(pilot, "escape")
            assert app.current_mode == part


@pytest.mark.parametrize("mode", MODES)
def test_the_help_of_esc_says_where_it_goes(mode: str) -> None:
    """Whoever reads the keys of a part learns it in the same words."""
    assert "to the part one came from." in by_id(f"{mode}.back").about


async def test_esc_goes_back_through_each_part_once(make_app: MakeApp) -> None:
    """Whoever went to and fro between two parts is not led to and fro by going back."""
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "7", "3", "7", "3", "7")
        seen = []
        for _ in range(3):
            await press(pilot, "escape")
            seen.append(app.current_mode)
        assert seen == ["inbox", "dashboard", "dashboard"]
        await press(pilot, "minus")
        assert app.current_mode == "inbox"


# --- the catalog goes away ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["models", "lineage"])
async def test_a_catalog_that_is_moved_away_is_missed(
    make_app: MakeApp, scene: Scene, mode: str
) -> None:
    """The head says so in every part; when it is back, what happened meanwhile is shown."""
    app = make_app(start=mode)
    away = scene.folder.with_name("elsewhere")
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        scene.folder.rename(away)
        app._poller.look_now()
        await until(pilot, lambda: "the catalog is gone" in text_of(app).splitlines()[0])
        assert "any more. Put the registry's folder back" in flat(app)
        await press(pilot, "7")
        assert "the catalog is gone" in text_of(app).splitlines()[0]
        await press(pilot, "escape")
        moved = Scene(away, scene.clock)
        with moved.open("ci") as registry:
            moved.add(registry, "risk/late", metrics={"auc": 0.5})
        away.rename(scene.folder)
        app._poller.look_now()
        await until(pilot, lambda: "catalog is gone" not in flat(app))
        await press(pilot, "2")
        assert "risk/late:v1" in text_of(app)
        await press(pilot, "7")
        assert "catalog is gone" not in flat(app)
        assert "created the model risk/late" in text_of(app)


async def test_a_catalog_that_was_restored_is_opened_anew(make_app: MakeApp, scene: Scene) -> None:
    """Another file in its place is what the screens show from then on, at present."""
    copy = scene.folder.with_name("backup")
    shutil.copytree(scene.folder, copy)
    app = make_app(start="models")
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        with scene.open("ci") as registry:
            scene.add(registry, "risk/late", metrics={"auc": 0.5})
        app._poller.look_now()
        await until(pilot, lambda: "risk/late:v1" in text_of(app))
        scene.folder.rename(scene.folder.with_name("before"))
        copy.rename(scene.folder)
        app._poller.look_now()
        await until(pilot, lambda: "risk/late:v1" not in text_of(app))
        with scene.open("ci") as registry:
            registry.models.describe("risk/churn", owner="zoe")
        app._poller.look_now()
        await press(pilot, "7")
        await until(pilot, lambda: "owner zoe" in text_of(app))


def test_nothing_is_made_where_the_registry_was(scene: Scene) -> None:
    """The watcher of the app makes its drop folders, but not where the folder has to come back."""
    with scene.open() as registry:
        scene.folder.rename(scene.folder.with_name("elsewhere"))
        assert registry.intake.folders() == (str(scene.folder / "inbox"),)
        assert not scene.folder.exists()


def damage(scene: Scene, table: str) -> None:
    """Overwrite the first page of a table, as a failing disk may."""
    file = scene.folder / "catalog.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        asked = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(asked, (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray(file.read_bytes())
    data[(page - 1) * size : page * size] = b"\xff" * size
    file.write_bytes(bytes(data))


@pytest.mark.usefixtures("quick_doctor")
@pytest.mark.parametrize(
    ("mode", "table"), [("health", "delivery"), ("compare", "metric"), ("lineage", "edge")]
)
async def test_what_cannot_be_read_is_said_where_it_would_be(
    make_app: MakeApp, scene: Scene, mode: str, table: str
) -> None:
    """Nothing says for ever that it is coming."""
    damage(scene, table)
    app = make_app(start="dashboard")
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        if mode == "compare":
            app.go_to_compare(("risk/churn:v6", "risk/churn:v7"))
        app.at_mode(mode)
        await settle(pilot)
        body = "\n".join(text_of(app).splitlines()[2:-4])
        assert "catalog.db is damaged" in " ".join(body.split())
        assert not any(awaited in body for awaited in ("looking …", "comparing …", "opening "))


async def test_no_screen_waits_for_a_catalog_that_cannot_be_opened(
    make_app: MakeApp, scene: Scene
) -> None:
    """Each says the failure, whichever is visited first."""
    (scene.folder / "catalog.db").write_bytes(b"x" * 8_192)
    app = make_app(start="dashboard")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        for mode in MODES:
            app.at_mode(mode)
            await said(pilot, app, "file is not a database")
            assert "opening " not in text_of(app), mode


# --- words ----------------------------------------------------------------------------------------


async def test_what_is_held_is_not_counted_as_refused(make_app: MakeApp, scene: Scene) -> None:
    """The title tells the two apart, and so does each of the two lists."""
    drops.fill_inbox(scene)
    app = make_app(start="inbox")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "✗ 1 refused  ⚠ 1 quarantined" in text_of(app)
        for state, path in (("refused", "bad name!/m.onnx"), ("quarantined", "evil.pkl")):
            inbox = cast("InboxScreen", app.screen)
            inbox.show_state(state)
            await settle(pilot)
            rows = [seen.path for _, seen in inbox.lines.rows.known()]
            assert rows == [f"inbox/{path}" if state == "refused" else f"inbox/risk/churn/{path}"]


async def test_without_an_editor_the_app_says_what_to_do_in_it(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option of a command means nothing to whoever is not in a shell: the command is named."""
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    app = make_app()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_model("risk/churn", 7)
        await settle(pilot)
        await press(pilot, "e")
        assert "Leave with q and start as EDITOR=nano modelshelf" in flat(app)
        assert "modelshelf card risk/churn:v7 --set FILE" in flat(app)


async def test_an_empty_lineage_is_explained_in_full(make_app: MakeApp, tmp_path: Path) -> None:
    """In as many lines as it takes, and no more once there is something to draw."""
    scene = empty_scene(tmp_path / "empty")
    app = make_app(on=scene, start="lineage")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "There is no version yet: what is registered with its data sets" in flat(app)
        assert "code and base is shown here." in flat(app)
        with scene.open("ci") as registry:
            scene.add(registry, "risk/first")
        app._poller.look_now()
        await until(pilot, lambda: "risk/first:v1" in text_of(app))
        assert "no version yet" not in flat(app)


async def test_one_of_a_thing_has_its_noun_in_the_singular(
    make_app: MakeApp, tmp_path: Path
) -> None:
    """One model, one metric, one weight, one row, one thing, one step."""
    scene = empty_scene(tmp_path / "empty")
    one = Inspection("safetensors", parameters=1, tensors=1)
    with scene.open("ci") as registry:
        data = Dataset("clicks", version="v9", rows=1)
        scene.add(registry, "risk/first", inspection=one, datasets=(data,))
        registry.promotions.promote("risk/first:v1", "production", reason="the only one")
        registry.versions.amend("risk/first:v1", metrics={"auc": 0.9}, tags={"team": "risk"})
    app = make_app(on=scene, start="dashboard")
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        shown = flat(app)
        assert "1 of 1 model " in shown
        assert "1 in 1 model " in shown
        assert "amended risk/first:v1: 1 metric, 1 tag" in shown
        app.go_to_model("risk/first", 1)
        await settle(pilot)
        assert "1 weight in 1 tensor " in flat(app)
        assert ", 1 row" in flat(app)
        app.go_to_lineage("risk/first:v1")
        await press(pilot, *["left_square_bracket"] * 3)
        assert "1 step, 2 things" in flat(app)


@pytest.mark.parametrize(
    ("count", "one", "many", "told"),
    [
        (0, "model", "", "0 models"),
        (1, "model", "", "1 model"),
        (2, "entry", "entries", "2 entries"),
        (1, "entry", "entries", "1 entry"),
        (12_345, "row", "", "12,345 rows"),
    ],
)
def test_numbers_have_their_noun(count: int, one: str, many: str, told: str) -> None:
    """Only one is one."""
    assert plural(count, one, many) == told
