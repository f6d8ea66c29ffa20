"""The tabs about one version: what each says, that each asks for itself, that text stays text."""

from __future__ import annotations

import math
import unicodedata
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.inspection import Inspection, TensorEntry, Weights
from modelshelf.domain.provenance.measured import MetricSource
from modelshelf.domain.stages import WHOLE
from modelshelf.tui import tabs
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.tabs import NAMES
from modelshelf.tui.tabs.card import heads, split_card
from modelshelf.tui.tabs.titles import TAB, title
from modelshelf.tui.widgets.detail import DetailPane
from modelshelf.tui.widgets.rule import Rule
from modelshelf.tui.widgets.spark import blocks, spark
from modelshelf.tui.widgets.vtable import VTable
from tests.tui.conftest import MakeApp, dangerous, press, settle, text_of
from tests.tui.governed import govern
from tests.tui.scene import NOW, Scene
from tests.tui.test_hostile import NASTY, hostile

if TYPE_CHECKING:
    from textual.content import Content
    from textual.pilot import Pilot

    from modelshelf.registry import Registry

__all__ = ["hostile"]  # a fixture, found by its name
_OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")


def told(registry: Registry, tab: str, reference: str) -> str:
    """Return everything a tab says, as text, a line for each row."""
    said = tabs.look(registry, tab, reference)(NOW)
    return "\n".join(f"{name} {value.plain}" for name, value in said.rows) + "\n" + said.card


def test_every_name_is_a_module_with_a_question() -> None:
    """What the rule shows can be asked, tab by tab, in the order that was agreed."""
    assert NAMES[:3] == ("overview", "card", "metrics")
    assert [n for n in NAMES if not callable(import_module(f"modelshelf.tui.tabs.{n}").look)] == []


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("overview", ["Gradient-boosted trees", "customers v4, 84,120 rows", "from risk/churn:v6"]),
        ("card", ["% complete", "missing: ", "license: cc-by-4.0", "Who leaves **next month**"]),
        ("metrics", ["auc ↑", "+0.0030 better", "latency_ms ↓", "+0.800 worse", "▸█◂", "v1 to v7"]),
        ("params", ["≠ depth 8   v6: 6", "≠ solver hist   v6: not recorded"]),
        ("signature", ["inputs  1", "x float32    [N, 31]", "probabilities", "[N, 2]", "skl2onnx"]),
        ("files", ["model.onnx", "in the registry", "tensors  none that can be read here"]),
        ("lineage", ["customers v4", "trained on", "risk/churn:v6  P", "L opens the picture"]),
        ("gates", ["holds the highest stage"]),
        ("history", ["ana  gave production of risk/churn to v6 80 %, v7 20 %"]),
        ("evidence", ["holds production  entry", "ana: “A/B test”", "✓ scan"]),
    ],
)
def test_each_tab_says_what_is_recorded(scene: Scene, tab: str, words: list[str]) -> None:
    """The version with everything recorded, looked at through every tab."""
    with scene.open() as registry:
        said = told(registry, tab, "risk/churn:v7")
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("card", "e begins one"),
        ("params", "modelshelf amend gives them"),
        ("lineage", "came from  nothing that is recorded"),
        ("evidence", "Nothing speaks for it yet"),
        ("gates", "→ production  may be given now, held by nobody"),
    ],
)
def test_an_empty_tab_teaches(scene: Scene, tab: str, words: str) -> None:
    """Where nothing is recorded, one sentence says how it would be."""
    with scene.open() as registry:
        assert words in told(registry, tab, "nlp/reviews-tiny:v1")


def test_a_signature_that_is_not_declared_is_said_so(scene: Scene) -> None:
    """A format without a signature has none, and that is no gap of ours."""
    with scene.open() as registry:
        said = told(registry, "signature", "vision/digits:v3")
    assert said.count("not declared by the file") == 2


def test_metrics_say_where_they_come_from_and_leave_out_gaps(scene: Scene) -> None:
    """The direction that was recorded counts more than the name; a version without it is a dot."""
    with scene.acting("ci") as registry:
        scene.add(registry, "vision/digits", metrics={"top5": 0.9})
        scene.add(
            registry,
            "vision/digits",
            metrics={"accuracy": 0.99},
            metric_sources={"accuracy": MetricSource("holdout", slice="night", direction="lower")},
        )
        said = told(registry, "metrics", "vision/digits:v5")
    assert "accuracy ↓" in said
    assert "worse   on holdout where night" in said
    assert "·▸█◂" in said


def test_params_only_the_holder_has_are_shown(scene: Scene) -> None:
    """A parameter that was given up is a difference too."""
    with scene.acting("ci") as registry:
        scene.add(registry, "risk/churn", params={"alpha": "1"})
        said = told(registry, "params", "risk/churn:v8")
    assert "≠ depth not recorded   v6: 6" in said
    assert "which holds production" in said


def test_tensors_are_listed_and_cut(scene: Scene) -> None:
    """A long list ends by saying how much more there is and where."""
    listed = tuple(TensorEntry(f"layer.{n}.weight", "float32", (n, 4)) for n in range(300))
    held = Inspection("safetensors", parameters=99, tensors=900, weights=Weights("", listed, 900))
    with scene.acting("ci") as registry:
        scene.add(registry, "vision/digits", inspection=held)
        said = told(registry, "files", "vision/digits:v4")
    assert "tensors  900, 99 weights" in said
    assert "float32[7, 4] layer.7.weight" in said
    assert "and 700 more: modelshelf show vision/digits:v4 --json" in said


def test_gates_say_what_stands_in_the_way_and_run_nothing(scene: Scene) -> None:
    """Every rung above is judged now; a gate that must be run says with which keys."""
    govern(scene)
    with scene.open() as registry:
        before = registry.audit.head()
        said = told(registry, "gates", "risk/churn:v5")
        assert registry.audit.head() == before
    assert "→ staging" in said
    assert "→ production  not yet" in said
    assert "✗ better" in said
    assert "smoke must be run first: p, then f." in said


def test_a_bypass_stands_out_as_evidence(scene: Scene) -> None:
    """A decision that set rules aside says so, in words and a sign."""
    govern(scene)
    with scene.acting("mei") as registry:
        registry.promotions.promote("risk/churn:v5", "production", reason="fire", bypass=True)
        said = told(registry, "evidence", "risk/churn:v5")
    assert "bypass ⚠ set aside: " in said
    assert "✗ better" in said
    assert "approvals 0 of 1" in said


def test_the_past_is_told_from_the_past(scene: Scene) -> None:
    """A tab asks the registry it is handed, at whatever moment that is."""
    with scene.open() as registry:
        then = registry.promotions.history("risk/churn", "production")[-1].id
        past = registry.at(then)
        said = told(past, "history", "risk/churn:v5")
        past.close()
    assert "gave production of risk/churn to v5" in said
    assert "v6" not in said


# --- the line of blocks ---------------------------------------------------------------------------


@given(st.lists(st.none() | st.floats(), min_size=1, max_size=40))
def test_blocks_are_as_many_as_values_and_in_their_order(values: list[float | None]) -> None:
    """One cell for each value; a greater number never stands lower; what is none is a dot."""
    drawn = blocks(values)
    assert len(drawn) == len(values)
    known = sorted(
        (v, ord(b))
        for v, b in zip(values, drawn, strict=True)
        if v is not None and math.isfinite(v)
    )
    assert [height for _, height in known] == sorted(height for _, height in known)
    assert drawn.count("·") == len(values) - len(known)


def test_the_point_is_marked_by_signs() -> None:
    """A terminal without colours shows it too."""
    assert spark([1, 2, 3], 1).plain == "▁▸▅◂█"


# --- the names in the rule ------------------------------------------------------------------------


@given(st.sampled_from(NAMES), st.integers(30, 140), st.integers(1, 10**6))
def test_the_chosen_tab_stands_in_full_and_every_tab_can_be_clicked(
    tab: str, room: int, number: int
) -> None:
    """Names far from the chosen one are cut first; each cell of a name leads to its tab."""
    shown = title(number, tab, room)
    assert shown.cell_length <= room or room < WHOLE // 2
    places = dict(_metas(shown))
    assert list(places) == list(NAMES)
    assert places[tab] == tab
    assert all(name.startswith(cut) and cut for name, cut in places.items())


@pytest.mark.parametrize(("room", "head"), [(75, "wine/cultivar:v4  "), (55, "v4  ")])
def test_the_model_is_named_where_the_names_of_the_tabs_need_not_be_cut(
    room: int, head: str
) -> None:
    """On a narrow terminal nothing else says whose version it is."""
    shown = title(4, "metrics", room, model="wine/cultivar")
    assert shown.plain.startswith(head)
    assert " metrics " in shown.plain
    assert " sig " in shown.plain
    assert shown.cell_length <= room


def test_of_what_has_fields_itself_a_card_only_counts_the_lines() -> None:
    """Lists stand in a line; results of an evaluation are another tab's matter."""
    head = "license: mit\ntags:\n- a\n- b\nmodel-index:\n- name: x\n  results:\n  - task: y"
    assert heads(head) == ["license: mit", "tags: a b", "model-index: 3 lines"]


def _metas(shown: Content) -> list[tuple[str, str]]:
    """Return where clicks lead, and the text that leads there."""
    return [
        (span.style.meta[TAB], shown.plain[span.start : span.end])
        for span in shown.spans
        if not isinstance(span.style, str) and TAB in span.style.meta
    ]


@given(st.text(alphabet=st.sampled_from("-\n a:é"), max_size=40))
def test_a_card_is_split_into_head_and_text_without_loss(text: str) -> None:
    """Whatever a card looks like, its head and its text are parts of it."""
    head, body = split_card(text)
    assert head in text
    assert body in text


# --- in the app -----------------------------------------------------------------------------------


def pane(app: ModelshelfApp) -> DetailPane:
    """Return the pane."""
    return app.screen.query_one(DetailPane)


async def at_churn(pilot: Pilot[None], app: ModelshelfApp) -> None:
    """Put the cursor on the newest version of risk/churn."""
    await settle(pilot)
    app.go_to_model("risk/churn", 7)
    await settle(pilot)


async def test_tabs_are_stepped_round_and_clicked(make_app: MakeApp) -> None:
    """`]` and `[` go round; a click on a name in the rule chooses that tab."""
    app = make_app()
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await at_churn(pilot, app)
        await press(pilot, "left_square_bracket")
        assert pane(app).tab == "evidence"
        assert "holds production" in text_of(app)
        await press(pilot, "right_square_bracket")
        assert pane(app).tab == "overview"
        rule = app.screen.query_one("#detail-rule", Rule)
        line = text_of(app).splitlines()[rule.region.y]
        await pilot.click(rule, offset=(line.index("params") - rule.region.x + 1, 0))
        await settle(pilot)
        assert pane(app).tab == "params"
        assert "solver" in text_of(app)


async def test_a_tab_nobody_has_is_not_shown(make_app: MakeApp) -> None:
    """What was remembered may have been edited: another word changes nothing."""
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        pane(app).tab = "files"
        pane(app).tab = "[/] no tab"
        assert pane(app).tab == "files"


async def test_only_the_chosen_tab_is_asked_for(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gates are judged when somebody looks at them, once, and not while the cursor moves."""
    asked: list[tuple[str, str]] = []
    look = tabs.look

    def noting(registry: Registry, tab: str, reference: str) -> tabs.Telling:
        asked.append((tab, reference))
        return look(registry, tab, reference)

    monkeypatch.setattr(tabs, "look", noting)
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        assert {tab for tab, _ in asked} == {"overview"}
        await press(pilot, "right_square_bracket", "left_square_bracket", "right_square_bracket")
        assert asked.count(("card", "risk/churn:v7")) == 1
        asked.clear()
        versions = app.screen.query_one("#versions", VTable)
        for _ in range(5):
            versions.action_move(1)
        await settle(pilot)
        assert asked == [("card", "risk/churn:v2")]


async def test_questions_never_pile_up(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """While an answer is awaited nothing else is asked; then only what is wished for by then."""
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        screen, asked = app.screen, list[str]()
        ask = screen.ask  # type: ignore[attr-defined]

        def noting(group: str, *given: object) -> None:
            asked.append(group)
            ask(group, *given)

        monkeypatch.setattr(screen, "ask", noting)
        for _ in range(4):
            screen.action_tab(1)  # type: ignore[attr-defined]
        assert asked == ["detail"]
        await settle(pilot)
        assert asked == ["detail", "detail"]
        assert "inputs" in text_of(app)


async def test_a_tab_that_cannot_be_asked_says_why_in_its_place(
    make_app: MakeApp, scene: Scene
) -> None:
    """A version whose text is damaged takes no other tab with it."""
    import sqlite3

    with sqlite3.connect(scene.folder / "catalog.db") as connection:
        connection.execute("UPDATE version_text SET inspection = '[' WHERE version_id = 7")
    connection.close()
    app = make_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_churn(pilot, app)
        assert "cannot be read" in text_of(app)
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert "A/B test" in text_of(app)


async def test_the_pane_scrolls_with_the_keys_of_a_list(make_app: MakeApp, scene: Scene) -> None:
    """j, pages, g and G move the text on a small screen, and another tab begins at its top."""
    with scene.acting("ci") as registry:
        scene.add(registry, "risk/churn", params={f"p{n}": "1" for n in range(40)})
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.go_to_model("risk/churn", 8)
        await settle(pilot)
        pane(app).tab = "signature"
        await press(pilot, "enter", "left_square_bracket")
        assert app.screen.has_class("-at-detail")
        await press(pilot, "j")
        assert pane(app).scroll_offset.y == 1
        await press(pilot, "G")
        assert pane(app).scroll_offset.y == pane(app).max_scroll_y > 1
        await press(pilot, "pageup", "g")
        assert pane(app).scroll_offset.y == 0
        await press(pilot, "G", "right_square_bracket")
        assert pane(app).scroll_offset.y == 0


def test_hostile_text_stays_text_in_every_answer(hostile: Scene) -> None:
    """Every tab of every nasty version, as the rows that are drawn."""
    with hostile.open() as registry:
        for number in range(1, len(NASTY) + 1):
            for tab in NAMES:
                said = told(registry, tab, f"churn:v{number}").replace("\n", "")
                assert not {c for c in said if unicodedata.category(c) in _OBEYED}, tab


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_hostile_text_stays_text_in_every_tab(
    make_app: MakeApp, hostile: Scene, size: tuple[int, int]
) -> None:
    """Every tab of a nasty version: no exception, no character a terminal would obey."""
    app = make_app(hostile)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        app.go_to_model("churn", size[0] % len(NASTY) + 1)
        await settle(pilot)
        app.screen.go_to_pane("detail")  # type: ignore[attr-defined]
        for tab in NAMES:
            assert pane(app).tab == tab
            assert dangerous(app) == set(), tab
            await press(pilot, "right_square_bracket")
