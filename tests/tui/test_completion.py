"""Completion in the filter: what is offered, how it is taken, and that it never harms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelshelf.catalog import completing_reader
from modelshelf.domain.errors import Invalid
from modelshelf.domain.query import FIELDS, parse_query
from modelshelf.domain.text import safe
from modelshelf.registry import Registry
from modelshelf.tui.app import ModelshelfApp
from modelshelf.tui.completing import completions
from modelshelf.tui.widgets.filter import Filter
from tests.tui.conftest import MakeApp, dangerous, press, settle, text_of, write
from tests.tui.scene import Scene

SIZE = (120, 40)
Open = Callable[[], ModelshelfApp]


@pytest.fixture
def completing(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return a function that makes the app with a filter that completes searches."""
    made = Filter.__init__

    def make(self: Filter, examples: str, *, completes: str = "search") -> None:
        made(self, examples, completes=completes)

    monkeypatch.setattr(Filter, "__init__", make)
    return make_app


def offered(registry: Registry, text: str) -> list[str]:
    """Return what is offered at the end of a text."""
    return [offer.text for offer in completions(registry, text, len(text)).offers]


def is_listed(app: ModelshelfApp) -> bool:
    """Tell whether suggestions are seen."""
    return app.screen.query_one(Filter).listed


def test_fields_come_first_then_what_the_catalog_knows(scene: Scene) -> None:
    """Every field of the language is offered, and after it the values that are there."""
    with scene.open() as registry:
        fields = {o.text for o in completions(registry, "", 0, all_of=True).offers}
        assert fields >= {f if f.endswith(".") else f"{f}:" for f in FIELDS}
        assert offered(registry, "") == []
        assert offered(registry, "sta") == ["stage:"]
        assert "stage:production" in offered(registry, "stage:")
        assert offered(registry, "format:o") == ["format:onnx"]
        assert offered(registry, "churn -format:p") == ["-format:pickle"]
        assert offered(registry, "tag.") == ["tag.team:"]
        assert offered(registry, "tag.team:") == ["tag.team:risk", "tag.team:text"]
        assert offered(registry, "metrics.a") == ["metrics.accuracy>=", "metrics.auc>="]
        assert offered(registry, "params.solver=") == ["params.solver=hist"]
        assert offered(registry, "owner:") == ["owner:ana", "owner:ravi"]
        assert offered(registry, "by:c") == ["by:ci"]
        assert offered(registry, "alias:") == ["alias:challenger"]
        assert offered(registry, "dataset:") == ["dataset:customers"]
        assert offered(registry, "is:y") == ["is:yanked"]
        assert offered(registry, "verdict:w") == ["verdict:warning"]
        assert offered(registry, "model:risk/") == ["model:risk/churn", "model:risk/fraud"]
        assert offered(registry, "risk/c") == ["model:risk/churn"]
        assert offered(registry, "sort:-metrics.f") == ["sort:-metrics.f1"]
        assert offered(registry, "model:risk/churn") == []


def test_values_are_quoted_and_hostile_ones_are_not_offered(scene: Scene) -> None:
    """What has a space stands between quotes and is completed there; what hides is left out."""
    with scene.open() as registry:
        for value in ("two words", 'with "quotes"', "x\u202ey", "[/b]", "long" * 40):
            registry.versions.tag("risk/churn:v7", set={"note": value})
        found = offered(registry, "tag.note:")
        assert 'tag.note:"two words"' in found
        assert 'tag.note:"with \\"quotes\\""' in found
        assert offered(registry, 'tag.note:"two w') == ['tag.note:"two words"']
        assert len(found) == 3
        for offer in found:
            assert safe(offer) == offer
            parse_query(offer)


def test_words_are_known_for_their_fields_only(scene: Scene) -> None:
    """Another field is refused in a sentence."""
    with scene.open() as registry:
        for field in completing_reader.FIELDS:
            registry.models.words(field)
        with pytest.raises(Invalid, match="not known"):
            registry.models.words("digest; DROP TABLE model")


@pytest.mark.parametrize("field", sorted(completing_reader.FIELDS))
def test_no_question_reads_a_whole_table(scene: Scene, field: str) -> None:
    """Each step is a search in an index, or reads no more rows than it says."""
    with scene.open() as registry:
        connection = registry._context.connection()
        plans: list[str] = []

        class Explained:
            """Runs what is asked, and keeps how."""

            def execute(self, statement: str, values: dict[str, object]) -> object:
                """Explain it first."""
                rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
                plans.extend(str(row[3]) for row in rows)
                assert "LIMIT :rows" in statement or "LIMIT 1" in statement
                return connection.execute(statement, values)

        completing_reader.words(Explained(), field, "", "team", 5)  # type: ignore[arg-type]
    tables = ("version", "metric", "param", "tag_term", "model", "node")
    scanned = [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in tables]
    assert scanned == [] or field == "by"


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=40), data=st.data())
def test_any_text_can_be_completed(opened: Registry, text: str, data: st.DataObject) -> None:
    """Whatever is typed and wherever the cursor is: no error, and taking keeps what is around."""
    cursor = data.draw(st.integers(0, len(text)))
    found = completions(opened, text, cursor)
    assert 0 <= found.start <= found.end == cursor
    for offer in found.offers:
        taken, at = found.taken(offer)
        assert taken.startswith(text[: found.start] + offer.text)
        assert taken.endswith(text[cursor:])
        assert found.start < at <= len(taken)


@pytest.fixture
def opened(scene: Scene) -> Registry:
    """Return the registry, open."""
    return scene.open()


async def test_tab_takes_what_is_offered_and_goes_on(completing: Open) -> None:
    """A field, then its values, then the results: three keys for a whole search."""
    app = completing()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "slash")
        await write(pilot, "form")
        assert "the kind of model file" in text_of(app)
        await press(pilot, "tab")
        assert "format:pickle" in text_of(app)
        await press(pilot, "down", "down", "enter")
        assert app.screen.query_one(Filter).query_one("Input").value == "format:pickle "  # type: ignore[attr-defined]
        assert "3 versions found" in text_of(app)
        assert not is_listed(app)
        await press(pilot, "enter")
        assert app.focused is not None
        assert app.focused.id == "versions"


async def test_escape_closes_the_list_before_it_clears(completing: Open) -> None:
    """The first Esc leaves the text, the next clears it; up leads back into the line."""
    app = completing()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "slash")
        await write(pilot, "stage:")
        filter_ = app.screen.query_one(Filter)
        assert is_listed(app)
        await press(pilot, "down", "up")
        assert filter_.suggestions.at == -1
        await press(pilot, "right")
        assert not filter_.query_one("Input").value.endswith(":")  # type: ignore[attr-defined]
        await write(pilot, "own")
        assert is_listed(app)
        await press(pilot, "escape")
        assert not is_listed(app)
        assert filter_.is_open
        await press(pilot, "escape")
        assert not filter_.is_open


async def test_a_suggestion_is_clicked(completing: Open) -> None:
    """The mouse takes one as the keys do."""
    app = completing()
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "slash")
        await write(pilot, "is:")
        await pilot.click("Suggestions", offset=(5, 1))
        await settle(pilot)
        assert app.screen.query_one("Filter Input").value == "is:archived "  # type: ignore[attr-defined]


async def test_a_filter_without_a_language_is_as_before(make_app: MakeApp) -> None:
    """In the inbox nothing is offered, and Tab goes on to the list."""
    app = make_app(start="inbox")
    async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, "slash")
        await write(pilot, "sta")
        assert not is_listed(app)
        assert dangerous(app) == set()
        await press(pilot, "tab")
        assert app.focused is not app.screen.query_one("Filter Input")
