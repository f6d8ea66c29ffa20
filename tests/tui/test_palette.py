"""The palette reaches every model, version, action, part, theme and moment."""

from __future__ import annotations

from textual.command import CommandPalette
from textual.content import Content
from textual.widgets import Input

from modelshelf.tui.actions import MODES, TITLES, reachable
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.commands import SHOWN_MOST, ShelfCommands
from modelshelf.tui.screens.models import ModelsScreen
from tests.tui.conftest import MakeApp, press, settle, shows, until
from tests.tui.scene import Scene

WIDE = (120, 40)


async def found(app: ModelshelfApp, query: str) -> list[str]:
    """Return what the palette offers for what is typed, best first."""
    provider = ShelfCommands(app.screen)
    hits = [hit async for hit in (provider.search(query) if query else provider.discover())]
    assert all(isinstance(hit.prompt, Content) and isinstance(hit.help, Content) for hit in hits)
    ordered = sorted(hits, key=lambda hit: -hit.score)
    return [str(hit.text) for hit in ordered]


async def run(app: ModelshelfApp, query: str) -> None:
    """Do the best of what the palette offers."""
    provider = ShelfCommands(app.screen)
    hits = [hit async for hit in provider.search(query)]
    done = max(hits, key=lambda hit: hit.score).command()
    if done is not None:
        await done


async def test_every_action_of_every_part_is_offered_with_its_key(make_app: MakeApp) -> None:
    """Before anything is typed and by its name; the names say where it belongs."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        for mode in MODES:
            app.action_mode(mode)
            await settle(pilot)
            actions = reachable(mode)
            offered = await found(app, "")
            assert len(offered) == min(len(actions), SHOWN_MOST)
            for action in actions:
                name = f"{TITLES[action.where]}: {action.label}  {app.shown_key(action)}"
                assert name.lower() in {text.lower() for text in offered} or (
                    len(actions) > SHOWN_MOST and name.lower() in await named(app, action.label)
                ), action.id


async def named(app: ModelshelfApp, label: str) -> set[str]:
    """Return what the palette offers for the label of an action, in small letters."""
    return {text.lower() for text in await found(app, label)}


async def test_models_and_versions_are_found_by_whatever_names_them(
    make_app: MakeApp, scene: Scene
) -> None:
    """A part of a name, a number with or without v, a stage, a digest."""
    with scene.acting("ana") as registry:
        digest = registry.versions.get("risk/churn:v3").digest
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        assert "Go to risk/churn" in await found(app, "hur")
        wanted = "Go to risk/churn:v3"
        for query in ("churn:3", "churn:v3", "risk/churn:v3", f"sha256:{digest}", digest[:12]):
            assert (await found(app, query))[0] == wanted, query
        assert (await found(app, "churn:"))[0].startswith("Go to risk/churn:v")
        assert any(
            text.startswith("Go to risk/churn:v") for text in await found(app, "churn@production")
        )
        await run(app, "churn:3")
        await settle(pilot)
        assert shows(app, ModelsScreen)
        for nothing in ("churn:99", "churn@nothing", "sha256:zz", "@", ":", "x" * 900):
            assert wanted not in await found(app, nothing)


async def test_an_action_that_is_off_is_grey_and_says_why(make_app: MakeApp, scene: Scene) -> None:
    """It is still listed, where fingers expect it."""
    (scene.folder / "modelshelf.toml").write_text(
        '[roles]\ncontributor = ["ravi"]\n', encoding="utf-8"
    )
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        provider = ShelfCommands(app.screen)
        hits = [hit async for hit in provider.search("Models: promote")]
        (hit,) = [h for h in hits if str(h.text).startswith("Models: Promote")]
        assert "takes the role contributor" in str(hit.help)
        assert isinstance(hit.prompt, Content)
        assert any("$quiet" in str(span.style) for span in hit.prompt.spans)


async def test_themes_and_moments_are_entries(make_app: MakeApp) -> None:
    """A theme by its name, the past by a date; both are done at once."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await run(app, "Theme: nord")
        assert app.theme == "nord"
        assert "Time: Show everything as of 2026-05-09" in await found(app, "2026-05-09")
        await run(app, "2026-05-09")
        await until(pilot, lambda: app.facts is not None and app.facts.past)
        assert not any(text.startswith("Time: Show") for text in await found(app, "2026-99-99"))


async def test_what_was_chosen_last_comes_first_next_time(make_app: MakeApp) -> None:
    """The palette itself shows it on top, and remembers it between starts."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await run(app, "Models: unmark")
        assert (await found(app, ""))[0].startswith("Models: Unmark")
        assert app.remembered()["recent"] == ["models.unmark"]


async def test_what_is_typed_is_never_markup(make_app: MakeApp) -> None:
    """Brackets in a query or a name do not end the app."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        assert "churn:3" in app.screen.query_one(Input).placeholder  # what may be typed
        for query in ("[/", "[b]x[/b]", "$x", "[@click=app.bell()]x[/]", "\x1b]0;x\x07"):
            app.screen.query_one(Input).value = query
            await pilot.pause()
        await press(pilot, "escape")
        assert shows(app, ModelsScreen)
