"""The keys about one version: what can be copied, its folder, its card in an editor, its tags."""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, OptionList

from modelshelf.domain.errors import Conflict, NotFound
from modelshelf.tui import opening
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.editing import begin_card, record_card
from modelshelf.tui.screens.copying import CopyScreen, copies
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.tagging import TagsScreen
from tests.tui.conftest import MakeApp, dangerous, press, settle, shows, text_of, until, write
from tests.tui.scene import CARD, Scene
from tests.tui.test_hostile import hostile

if TYPE_CHECKING:
    from textual.pilot import Pilot

__all__ = ["hostile"]  # a fixture, found by its name
_CHURN = "risk/churn:v7"


async def at_churn(pilot: Pilot[None], app: ModelshelfApp) -> None:
    """Put the cursor on the newest version of risk/churn."""
    await settle(pilot)
    app.go_to_model("risk/churn", 7)
    await settle(pilot)


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, pytest.MonkeyPatch]:
    """Name an editor, a shell script that a test writes, and keep what it edits in one folder."""
    script, drafts = tmp_path / "ed", tmp_path / "drafts"
    drafts.mkdir()
    script.write_text("#!/bin/sh\ntrue\n")
    script.chmod(stat.S_IRWXU)
    monkeypatch.setenv("VISUAL", shlex.quote(str(script)))
    monkeypatch.setattr("tempfile.tempdir", str(drafts))
    # A test has no terminal to hand over.
    monkeypatch.setattr(ModelshelfApp, "suspend", lambda _app: contextlib.nullcontext())
    return script, monkeypatch


def kept(tmp_path: Path) -> list[str]:
    """Return the texts that are still there."""
    return [file.read_text() for file in (tmp_path / "drafts").rglob("card.md")]


# --- copying --------------------------------------------------------------------------------------


def test_everything_that_names_a_version_can_be_copied(scene: Scene) -> None:
    """Reference, stages, aliases, digest, a command, Python, and a path that is the bytes."""
    with scene.open() as registry:
        found = dict(copies(registry, _CHURN).rows)
        version = registry.versions.get(_CHURN)
        for key in ("by stage", "by alias"):
            served = {h.reference for h in registry.promotions.resolve(found[key]).holders}
            assert _CHURN in served
    assert found["reference"] == _CHURN
    assert found["digest"] == f"sha256:{version.digest}"
    assert Path(found["path"]).name == version.digest
    assert Path(found["path"]).is_file()
    assert shlex.split(found["command"])[-3:] == ["checkout", _CHURN, "."]
    compile(found["Python"], "copied", "eval")


async def test_the_menu_copies_what_is_under_the_cursor(make_app: MakeApp) -> None:
    """`Y` opens it, j and Enter choose, Esc copies nothing."""
    app = make_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "Y", "escape")
        assert shows(app, ModelsScreen)
        assert app.clipboard == ""
        await press(pilot, "Y", "j", "enter")
        assert shows(app, ModelsScreen)
        assert app.clipboard == "risk/churn@production"


async def test_a_hostile_name_is_copied_harmless(make_app: MakeApp, hostile: Scene) -> None:
    """Nothing that a terminal obeys is shown in the menu or handed to the clipboard."""
    app = make_app(hostile)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for number in (1, 2, 4):
            app.go_to_model("churn", number)
            await settle(pilot)
            await press(pilot, "Y")
            assert shows(app, CopyScreen)
            assert dangerous(app) == set()
            for _ in range(app.screen.query_one(OptionList).option_count):
                await press(pilot, "j")
                assert dangerous(app) == set()
            await press(pilot, "enter")
            assert app.clipboard.isprintable()
            await press(pilot, "t")
            assert shows(app, TagsScreen)
            assert dangerous(app) == set()
            await press(pilot, "escape")


# --- the folder -----------------------------------------------------------------------------------


async def test_without_a_screen_the_path_is_said_and_copied(
    make_app: MakeApp, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over ssh there is nothing to open a folder on."""
    monkeypatch.setenv("SSH_CONNECTION", "1")
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "O")
        assert "copied, not opened: there is no screen" in " ".join(text_of(app).split())
        assert Path(app.clipboard).parent.parent == scene.folder / "blobs"


def test_the_opener_gets_one_absolute_path(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform's own program is started once, with the folder and nothing else."""
    seen = tmp_path / "seen"
    opener = tmp_path / "xdg-open"
    opener.write_text(
        f'#!/bin/sh\nprintf "%s|" "$#" "$@" > {shlex.quote(str(seen))}.part\n'
        f"mv {shlex.quote(str(seen))}.part {shlex.quote(str(seen))}\n"
    )
    opener.chmod(stat.S_IRWXU)
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("sys.platform", "linux")
    with scene.open() as registry:
        opened = opening.open_folder(registry, _CHURN)
    assert opened.why_not == ""
    assert seen.read_text() == f"1|{opened.folder}|"


def test_bytes_that_are_gone_are_a_sentence(scene: Scene) -> None:
    """A folder that is not there is not opened."""
    import shutil

    shutil.rmtree(scene.folder / "blobs" / "sha256")
    with scene.open() as registry, pytest.raises(NotFound, match="are not there"):
        opening.open_folder(registry, _CHURN)


# --- the card -------------------------------------------------------------------------------------


async def test_an_edited_card_is_recorded(
    make_app: MakeApp, scene: Scene, editor: tuple[Path, pytest.MonkeyPatch], tmp_path: Path
) -> None:
    """What the editor wrote is the card from now on, and no copy of it stays behind."""
    script, _ = editor
    script.write_text('#!/bin/sh\necho "Written by hand." >> "$1"\n')
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "e")
        await until(pilot, lambda: f"The card of {_CHURN} is recorded." in text_of(app))
    with scene.open() as registry:
        assert registry.versions.detail(_CHURN).card == f"{CARD}Written by hand.\n"
    assert kept(tmp_path) == []


async def test_an_unchanged_card_is_not_recorded(
    make_app: MakeApp, scene: Scene, editor: tuple[Path, pytest.MonkeyPatch], tmp_path: Path
) -> None:
    """Looking into the editor leaves no entry."""
    del editor
    with scene.open() as registry:
        before = registry.audit.head()
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "e")
        assert "Nothing was changed, and nothing is recorded." in text_of(app)
    with scene.open() as registry:
        assert registry.audit.head() == before
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("writes", "said"),
    [
        ('echo typed > "$1"; exit 3', "failed and nothing was recorded"),
        ("printf 'typed\\377' > \"$1\"", "is not UTF-8"),
        ("printf 'typed\\033[2J' > \"$1\"", "card"),
    ],
)
async def test_what_was_typed_is_never_lost(
    make_app: MakeApp,
    editor: tuple[Path, pytest.MonkeyPatch],
    tmp_path: Path,
    writes: str,
    said: str,
) -> None:
    """An editor that fails, or a text that cannot be recorded: its file stays and is named."""
    script, _ = editor
    script.write_text(f"#!/bin/sh\n{writes}\n")
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "e")
        shown = " ".join(text_of(app).split())
        assert said in shown
        assert "Your text is kept in" in shown
    files = list((tmp_path / "drafts").rglob("card.md"))
    assert [file.read_bytes()[:5] for file in files] == [b"typed"]


@pytest.mark.parametrize(
    ("visual", "said"),
    [("", "No editor is named"), ("/no/such/editor", "cannot be started"), ("'", "cannot be read")],
)
async def test_a_missing_editor_is_a_sentence(
    make_app: MakeApp,
    editor: tuple[Path, pytest.MonkeyPatch],
    tmp_path: Path,
    visual: str,
    said: str,
) -> None:
    """Without an editor nothing is written anywhere."""
    _, patch = editor
    patch.setenv("VISUAL", visual)
    patch.delenv("EDITOR", raising=False)
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "e")
        assert said in " ".join(text_of(app).split())
    assert kept(tmp_path) == []


async def test_without_a_terminal_the_command_is_named(make_app: MakeApp) -> None:
    """In a browser there is no terminal that an editor could have."""
    patch = pytest.MonkeyPatch()
    patch.setenv("VISUAL", "true")
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "e")
        assert f"modelshelf card {_CHURN} --edit" in " ".join(text_of(app).split())
    patch.undo()


def test_a_card_that_somebody_else_wrote_is_not_overwritten(scene: Scene) -> None:
    """The text that was edited must be the one that is replaced."""
    with scene.open() as registry:
        draft = begin_card(registry, "risk/churn@challenger")
        assert draft.reference == _CHURN
        registry.versions.amend(_CHURN, card="# other\n")
        with pytest.raises(Conflict, match="was changed while you edited it"):
            record_card(registry, draft, "# mine\n")
        assert registry.versions.detail(_CHURN).card == "# other\n"


# --- tags -----------------------------------------------------------------------------------------


async def test_tags_are_set_and_taken_off_at_once(make_app: MakeApp, scene: Scene) -> None:
    """What is noted is one entry, by the same call as the command that is shown."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "t")
        await write(pilot, "cost=low")
        await press(pilot, "enter")
        app.screen.set_focus(app.screen.query_one(OptionList))
        await press(pilot, "home", "j", "x")
        shown = text_of(app)
        assert "+ cost = low" in shown
        assert "- team  taken off" in shown
        assert f"modelshelf tag {_CHURN} cost=low --unset team" in shown
        await press(pilot, "ctrl+s")
        assert shows(app, ModelsScreen)
    with scene.open() as registry:
        assert registry.versions.get(_CHURN).tags == {"cost": "low"}
        assert [e.event for e in registry.audit.entries(limit=1)] == ["version.amended"]


async def test_tags_that_are_wrong_or_unchanged_are_not_written(make_app: MakeApp) -> None:
    """A text that is no tag stays in its field; setting what is set already is no change."""
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "t", "ctrl+s")
        assert "Nothing is changed yet" in text_of(app)
        for text, said in (("team", "A tag is written"), ("no=", "There is no tag no")):
            app.screen.query_one(Input).value = text
            await press(pilot, "ctrl+s")
            assert said in text_of(app)
            assert app.screen.query_one(Input).value == text
        app.screen.query_one(Input).value = "team=risk"
        await press(pilot, "ctrl+s")
        assert "Nothing is changed yet" in text_of(app)
        app.screen.query_one(Input).value = "a b=[/]\x1b"
        await press(pilot, "ctrl+s", "escape")
        assert shows(app, TagsScreen)
        assert "Once more leaves" in text_of(app)
        assert dangerous(app) == set()
        await press(pilot, "escape")
        assert shows(app, ModelsScreen)


async def test_a_reader_may_neither_edit_nor_tag(make_app: MakeApp, scene: Scene) -> None:
    """Without the role both keys are off and say why; copying stays."""
    (scene.folder / "modelshelf.toml").write_text('[roles]\ncontributor = ["ci"]\n')
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        for key in ("t", "e"):
            await press(pilot, key)
            assert shows(app, ModelsScreen)
            assert "takes the role contributor, held by ci" in text_of(app)
        await press(pilot, "y")
        assert app.clipboard == _CHURN
