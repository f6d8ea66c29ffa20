"""The tree of namespaces: walked page by page, folded, whatever the names are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelshelf.tui import namespaces
from modelshelf.tui.listing import Scope
from modelshelf.tui.namespaces import TreeRow, parents, walk
from modelshelf.tui.widgets.rows import PAGE
from tests.tui.scene import Scene

_PARTS = st.sampled_from(["a", "b", "risk", "risk-eu", "risk.v2", "x"])
_NAMES = st.lists(st.lists(_PARTS, min_size=1, max_size=3).map("/".join), max_size=30, unique=True)


class _Models:
    """Names that are listed as a registry lists models, with the pages asked for counted."""

    def __init__(self, names: list[str]) -> None:
        self.names = sorted(names)
        self.asked = 0

    def list(self, *, limit: int, after: str | None) -> tuple[Any, ...]:
        self.asked += 1
        found = [name for name in self.names if name > (after or "")]
        return tuple(SimpleNamespace(name=name) for name in found[:limit])


def _registry(names: list[str]) -> Any:  # noqa: ANN401 - stands in for a registry
    return SimpleNamespace(models=_Models(names))


def _naive(names: list[str], folded: frozenset[str]) -> list[str]:
    shown = [""]
    for name in sorted(names):
        for space in parents(name):
            if not any(outer in folded for outer in parents(space)) and space not in shown:
                shown.append(space)
        if not any(space in folded for space in parents(name)):
            shown.append(name)
    return shown


@given(names=_NAMES, picked=st.sets(st.integers(0, 20)))
def test_the_tree_shows_every_model_once_below_its_namespaces(
    names: list[str], picked: set[int]
) -> None:
    """Whatever is folded, the rows are those that listing all names and hiding some gives."""
    spaces = sorted({space for name in names for space in parents(name)})
    folded = frozenset(space for n, space in enumerate(spaces) if n in picked)
    found = walk(_registry(names), folded, 1_000)
    assert [row.name for row in found.rows] == _naive(names, folded)
    assert found.after is None


@given(names=st.integers(0, 3 * PAGE), least=st.integers(1, 2 * PAGE))
def test_the_tree_goes_on_where_it_ended(names: int, least: int) -> None:
    """Read in parts, no row is missing and none comes twice."""
    registry = _registry([f"n{n % 3}/m{n:04}" for n in range(names)])
    whole = walk(registry, frozenset(), 1_000)
    rows: list[TreeRow] = []
    after: str | None = ""
    while after is not None:
        part = walk(registry, frozenset(), least, after)
        rows += part.rows
        after = part.after
    assert tuple(rows) == whole.rows


def test_what_is_folded_is_not_read() -> None:
    """Ten thousand models in a folded namespace cost one page."""
    registry = _registry([f"big/m{n:05}" for n in range(10_000)] + ["zoo"])
    found = walk(registry, frozenset({"big/"}), 1_000)
    assert [row.name for row in found.rows] == ["", "big/", "zoo"]
    assert registry.models.asked == 2


def test_a_namespace_finds_the_versions_below_it(scene: Scene) -> None:
    """The search of a namespace in a real registry finds the versions of its models, no others."""
    with scene.open() as registry:
        found = registry.versions.search(Scope("risk/").query, limit=100).versions
        assert {version.model for version in found} == {"risk/churn", "risk/fraud"}
        rows = walk(registry, frozenset({"risk/"})).rows
    assert [row.name for row in rows] == [
        "", "nlp/", "nlp/reviews-tiny", "risk/", "vision/", "vision/digits",
    ]  # fmt: skip
    cells = namespaces.layout({}, scene.clock).cells
    assert [cells(row)[0].text for row in rows][1:4] == ["▾ nlp", "  reviews-tiny", "▸ risk"]


def test_a_name_lies_in_every_namespace_of_its_path() -> None:
    """From outside in, for a model and for a namespace."""
    assert parents("a/b/c") == parents("a/b/c/") == ("a/", "a/b/")
    assert parents("a") == ()
