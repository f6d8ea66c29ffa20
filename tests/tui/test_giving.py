"""Giving a stage and giving it back: the typed name, the command, the way back, and who may not."""

from __future__ import annotations

import shlex
import shutil
import string
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.widgets import Input, Static

from modelshelf.domain.comparison import Comparison
from modelshelf.domain.consumers import Consumer
from modelshelf.domain.promotion import Verdict
from modelshelf.domain.stages import WHOLE, Assignment, Holder
from modelshelf.registry import Registry
from modelshelf.tui import giving, verdicts
from modelshelf.tui.screens.models import ModelsScreen
from modelshelf.tui.screens.promote import PromoteScreen, _promote, _request, _review
from modelshelf.tui.screens.rollback import RollbackScreen
from modelshelf.tui.screens.undo import UndoScreen
from tests.doors.calls import Shell
from tests.tui.conftest import MakeApp, dangerous, press, settle, shows, text_of, write
from tests.tui.governed import confirm, govern, promoting, rolling_back
from tests.tui.scene import NOW, Scene

WIDE, NARROW = (120, 40), (80, 24)
EVIL = "[/]\x1b]52;c;eA==\x07\u202e[@click=app.quit()]x"


def flat(app: object) -> str:
    """Return the screen as one line, so that a sentence may be broken anywhere."""
    return " ".join(text_of(app).replace("▌", " ").replace("│", " ").split())  # type: ignore[arg-type]


def newest(scene: Scene) -> tuple[int, str]:
    """Return number and sentence of the newest entry."""
    with scene.open() as registry:
        entry = registry.audit.entries(limit=1)[0]
        return entry.seq, entry.sentence


# --- the typed name -------------------------------------------------------------------------------


@pytest.mark.parametrize("opener", ["p", "b"])
async def test_the_highest_stage_wants_the_name_typed(
    make_app: MakeApp, scene: Scene, opener: str
) -> None:
    """A reason is not enough, another name neither, which is typed over; then it is recorded."""
    before = newest(scene)
    app = make_app()
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await (
            promoting(pilot, "risk/churn:v7")
            if opener == "p"
            else rolling_back(pilot, "risk/churn")
        )
        assert "type risk/churn to confirm" in flat(app)
        await press(pilot, "r")
        await write(pilot, "won")
        await press(pilot, "ctrl+s")
        assert "Type risk/churn to confirm, then press ctrl+s" in flat(app)
        await write(pilot, "risk/fraud")
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, PromoteScreen | RollbackScreen)
        assert newest(scene) == before
        assert "'risk/fraud' is another name. Type risk/churn" in flat(app)
        await write(pilot, "risk/churn")  # in place of the wrong one
        await press(pilot, "enter", "ctrl+s")
        assert shows(app, ModelsScreen)
    assert newest(scene)[0] == before[0] + 1


async def test_other_stages_do_not(make_app: MakeApp, scene: Scene) -> None:
    """A rung below is given with a reason alone, and the key for the name says why it is off."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        await press(pilot, "S")
        assert "to confirm" not in flat(app)
        await press(pilot, "n")
        assert "Only giving the highest stage asks for the model's name." in flat(app)
        await press(pilot, "r")
        await write(pilot, "try it")
        await press(pilot, "ctrl+s")
        assert shows(app, ModelsScreen)
    assert "staging" in newest(scene)[1]


async def test_asking_for_it_needs_no_name(make_app: MakeApp, scene: Scene) -> None:
    """Asking gives nobody anything; setting the rules aside does."""
    govern(scene)
    app = make_app(scene)
    app.store._opener = partial(scene.open, "mei")
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v8")
        await press(pilot, "s")
        assert "asked: nobody yet" in flat(app)
        assert "to confirm" not in flat(app)
        assert "→ f runs it" in flat(app)
        await press(pilot, "B")
        assert "type risk/churn to confirm" in flat(app)


# --- the way back ---------------------------------------------------------------------------------


async def test_the_result_says_how_to_undo_and_u_does(make_app: MakeApp, scene: Scene) -> None:
    """The note and the line of the screen below name the entry; u goes back."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        await press(pilot, "r")
        await write(pilot, "won")
        await confirm(pilot, "risk/churn")
        made, _ = newest(scene)
        assert f"production is held by v7 now (entry {made}); u takes it back" in flat(app)
        await press(pilot, "u")
        assert shows(app, UndoScreen)
        assert f"modelshelf undo {made} --reason … --yes" in flat(app)
        await press(pilot, "ctrl+s")
        assert "A reason is required" in flat(app)
        await write(pilot, "too early")
        await press(pilot, "ctrl+s")
        said = str(app.screen.query_one("#said", Static).content)
        assert f"(entry {made + 1}); u U has it again" in said
    with scene.open() as registry:
        held = registry.models.get("risk/churn").stages["production"]
        assert {h.reference: h.weight for h in held} == {"risk/churn:v6": 80, "risk/churn:v7": 20}


async def test_what_was_taken_back_is_had_again(make_app: MakeApp, scene: Scene) -> None:
    """After an undo, U in its review shows having the change again; ctrl+s does that."""
    with scene.open() as registry:
        registry.promotions.promote("risk/churn:v7", "production", reason="won")
        registry.undo.take_back(reason="too early")
        undone, _ = registry.audit.head()
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "u")
        if "Have again" not in flat(app):
            assert "U shows having again what you took back last" in flat(app)
            await press(pilot, "U")
        assert f"modelshelf undo {undone} --reason … --yes" in flat(app)
        await press(pilot, "r")
        await write(pilot, "it was right")
        await press(pilot, "ctrl+s")
        assert "; u takes it back" in flat(app)
        await press(pilot, "u", "U")
        assert "You took nothing back since your newest change." in flat(app)
    with scene.open() as registry:
        held = registry.models.get("risk/churn").stages["production"]
        assert {h.reference: h.weight for h in held} == {"risk/churn:v7": 100}


async def test_a_hint_goes_when_one_does_what_it_says(make_app: MakeApp, scene: Scene) -> None:
    """That a reason is missing is not said any more once one is being written."""
    app = make_app(scene)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        assert "recorded for good · u takes it back" in flat(app)
        await press(pilot, "ctrl+s")
        assert "A reason is required" in flat(app)
        await write(pilot, "w")
        assert "A reason is required" not in flat(app)


@pytest.mark.parametrize(("key", "text"), [("n", "risk"), ("w", "25"), ("r", "a thought")])
async def test_leaving_what_was_typed_takes_two(make_app: MakeApp, key: str, text: str) -> None:
    """Name, weight and reason alike."""
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        await press(pilot, key)
        await write(pilot, text)
        await press(pilot, "escape")
        assert "Once more leaves, and the" in flat(app)
        assert shows(app, PromoteScreen)
        await press(pilot, "escape")
        assert shows(app, ModelsScreen)


async def test_everything_is_reached_on_a_small_terminal(make_app: MakeApp) -> None:
    """Gates first, and what changes below them, by the key j wherever the keys are."""
    app = make_app()
    async with app.run_test(size=NARROW, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await promoting(pilot, "risk/churn:v7")
        assert "✓ usable" in text_of(app)
        seen = text_of(app)
        for _ in range(12):
            await press(pilot, "j")
            seen += text_of(app)
        for told in ("80 % → 0 %", "20 % → 100 %", "auc ↑", "latency_ms ↓", "depth", "solver"):
            assert told in seen, told


# --- who may not ----------------------------------------------------------------------------------


async def _forced(make_app: MakeApp, scene: Scene, wanted: str) -> None:
    """Keys are off and say why; the reviews, forced open and confirmed, change nothing."""
    app = make_app(scene)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_model("risk/churn", 7)
        await settle(pilot)
        for key in ("p", "b", "u"):
            assert not app.screen.active_bindings[key].enabled, key
            await press(pilot, key)
            assert wanted in flat(app), key
        for opener, about in ((promoting, "risk/churn:v7"), (rolling_back, "risk/churn")):
            await opener(pilot, about)
            review = app.screen
            assert isinstance(review, PromoteScreen | RollbackScreen)
            for field, text in (("#reason", "forced"), ("#name", "risk/churn")):
                review.query_one(field, Input).value = text
            await settle(pilot)
            review.action_confirm()
            await settle(pilot)
            assert app.screen is review
            review.dismiss()
            await settle(pilot)


async def test_in_the_past_nothing_is_given(make_app: MakeApp, scene: Scene) -> None:
    """The keys are off, and the registry below refuses what is forced."""

    class Past(Scene):
        def open(self, actor: str = "ana") -> Registry:
            present = super().open(actor)
            return present.at(present.audit.head()[0])

    before = newest(scene)
    await _forced(make_app, Past(scene.folder, scene.clock), "This is the past")
    assert newest(scene) == before


async def test_who_lacks_the_role_gives_nothing(make_app: MakeApp, scene: Scene) -> None:
    """The keys name who may; the registry below refuses what is forced."""
    (scene.folder / "modelshelf.toml").write_text('[roles]\ncontributor = ["ravi"]\n', "utf-8")
    before = newest(scene)
    await _forced(make_app, scene, "it takes the role contributor, held by ravi")
    assert newest(scene) == before


# --- the command ----------------------------------------------------------------------------------

_REASONS = st.text(
    st.sampled_from(string.ascii_letters + string.digits + " '\"\\$`!*?~#&|;<>(){}[]-=%äΩ漢🐈"),
    min_size=1,
    max_size=40,
).filter(str.strip)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    version=st.sampled_from([3, 5, 7, 8]),
    stage=st.sampled_from(["staging", "production"]),
    weight=st.sampled_from([None, 1, 33, 100]),
    reason=_REASONS,
)
def test_the_command_does_what_the_key_does(
    built_scene: Scene,
    tmp_path_factory: pytest.TempPathFactory,
    version: int,
    stage: str,
    weight: int | None,
    reason: str,
) -> None:
    """On two copies of a registry, ctrl+s and the shown command leave the same entries."""
    folder = tmp_path_factory.mktemp("twice")
    reference, twins = f"risk/churn:v{version}", []
    for name in ("key", "command"):
        shutil.copytree(built_scene.folder, folder / name)
        twins.append(Scene(folder / name))
    key, command = twins
    try:
        with key.open() as registry:
            plan = _review(registry, reference, stage, weight).plan
            asking = verdicts.lacks_approval(plan)
            if asking:
                _request(registry, plan, weight, reason)
            else:
                _promote(registry, plan, weight, reason, aside=False)
    except Exception as error:  # noqa: BLE001 - then the command must fail too
        refused: str | None = type(error).__name__
        asking = False
    else:
        refused = None
    told = giving.promoting(reference, stage, weight=weight, reason=reason, asking=asking)
    words = shlex.split(told)
    assert words[0] == "modelshelf"
    done = Shell(command.folder, clock=command.clock)(*words[1:], home=folder)
    assert (done.code == 0) == (refused is None), (done.stderr, refused)
    if refused is None:
        assert _told(key) == _told(command)


def _told(scene: Scene) -> list[tuple[str, str, object]]:
    with scene.open() as registry:
        return [(e.event, e.actor, dict(e.body)) for e in registry.audit.entries(limit=5)]


def test_the_command_of_a_rollback_is_read_back() -> None:
    """Every word of it is quoted for a shell, and an ellipsis stands for what is missing."""
    told = giving.rolling_back("risk/churn", "production", 7, "it's; rm -rf $HOME")
    assert shlex.split(told)[1:] == [
        "rollback", "risk/churn", "--stage", "production", "--to", "7",
        "--reason", "it's; rm -rf $HOME", "--yes",
    ]  # fmt: skip
    assert "--reason … --yes" in giving.rolling_back("m", "staging", None, "")


# --- shares, users, earlier -----------------------------------------------------------------------


def _holder(number: int, weight: int) -> Holder:
    return Holder(number, f"m:v{number}", weight)


@given(st.lists(st.integers(1, 99), min_size=1, max_size=5), st.integers(1, WHOLE))
def test_every_holder_has_a_line_of_shares(weights: list[int], weight: int) -> None:
    """Who holds it now or after is named once, with both shares; one holder alone has no split."""
    now = tuple(_holder(n, share) for n, share in enumerate(weights))
    after = (_holder(0, weight),)
    told = [line.plain for line in giving.shares(now, after)]
    if len(now) == 1:
        assert told == []
        return
    assert [line.split()[0] for line in told] == [f"v{n}" for n in range(len(now))]
    for n, line in enumerate(told):
        assert line.count("█") + line.count("░") == 20
        assert line.endswith(f"{weight if n == 0 else 0} %")


def test_hostile_words_are_only_text() -> None:
    """What comes from an edited catalog reaches no terminal as it is."""
    made = Assignment(1, EVIL, EVIL, (Holder(1, f"{EVIL}:v1", 100),), NOW, EVIL, EVIL)
    later = Assignment(2, EVIL, EVIL, (), NOW, EVIL, EVIL)
    one = giving.Earlier(made, later, "")
    verdict = Verdict(EVIL, "fail", EVIL, EVIL, EVIL)
    user = Consumer(EVIL, EVIL, "", NOW, NOW, 1, present=True)
    shown = [
        giving.about(one, NOW).plain.replace("\n", " "),
        *(cell.text for cell in giving.layout(lambda: NOW).cells(one)),
        *(told.plain for told in giving.users([user], NOW)),
        *(name + told.plain for name, told in verdicts.rows([verdict], "m:v1 production")),
        giving.changes(Comparison(("a:v1", "a:v2"), ())).plain,
    ]
    assert [text for text in shown if not text.isprintable()] == []


async def test_hostile_consumers_are_only_text(make_app: MakeApp, scene: Scene) -> None:
    """Both reviews name who uses the holders, in a form that no terminal obeys."""
    with scene.open() as registry:
        registry.promotions.resolve("risk/churn@production", consumer="[/] api [@click=app.quit()]")
    app = make_app()
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        for opener, about in ((promoting, "risk/churn:v7"), (rolling_back, "risk/churn")):
            await opener(pilot, about)
            assert "[/] api [@click=app.quit()]" in text_of(app)
            assert dangerous(app) == set()
            await press(pilot, "escape")
    assert app.mishaps == []


async def test_a_yanked_version_is_marked_among_the_earlier(
    make_app: MakeApp, scene: Scene
) -> None:
    """Whoever chooses where to go back to sees which versions cannot take over again."""
    with scene.acting("ravi") as registry:
        registry.versions.yank("risk/churn:v5", reason="trained on its own test set")
    app = make_app(scene)
    async with app.run_test(size=WIDE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await rolling_back(pilot, "risk/churn")
        await press(pilot, "j")
        assert "v5 is yanked" in flat(app)
