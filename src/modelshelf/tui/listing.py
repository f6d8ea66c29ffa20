"""The list of versions that the models screen shows: what is asked for, and what came of it so far.

First the beginning, which is there at once; then the ids of all that is found, in order. From then
on the length is exact and any page can be read by its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from modelshelf.domain.errors import Invalid, NotFound
from modelshelf.domain.query import Term
from modelshelf.tui.widgets.rows import PAGE, Rows

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion, RegisteredModel
    from modelshelf.registry import Registry

Kind = Literal["all", "namespace", "model"]
MARKED_MOST = 1_000
_NEAR = 64  # rows on each side among which a neighbour is looked for


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose versions are listed.

    Attributes:
        name: A model's name; a namespace's, which ends in a slash; empty for all models.
    """

    name: str = ""

    @property
    def kind(self) -> Kind:
        """What the name stands for."""
        if not self.name:
            return "all"
        return "namespace" if self.name.endswith("/") else "model"

    @property
    def query(self) -> str:
        """The search for all its versions."""
        if not self.name:
            return ""
        pattern: Literal["prefix", "exact"] = "prefix" if self.kind == "namespace" else "exact"
        return str(Term("model", value=self.name, pattern=pattern))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Attributes:
        scope: Whose versions.
        text: What the filter asks of them.
        sort: The order as it is typed; empty for the filter's own, else newest first.
    """

    scope: Scope = Scope()
    text: str = ""
    sort: str = ""

    @property
    def query(self) -> str:
        """The whole search."""
        return f"{self.scope.query} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Listing:
    """What came of a wish.

    Attributes:
        wish: What was asked for.
        rows: The rows that are known, and how many there are.
        ids: The ids of all versions in the list, in order; while it is not ``whole``, its first.
        whole: Whether that is all there is.
        model: The model, if the list is of one.
        place: Where the cursor goes; ``None`` where its row is not in the list.
    """

    wish: Wish
    rows: Rows[ModelVersion]
    ids: Sequence[int] = ()
    whole: bool = False
    model: RegisteredModel | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the cursor is on, so that it can be found again in another list.

    Attributes:
        ids: The list it is in.
        place: Where in that list.
        sought: A reference that it is to go to instead.
    """

    ids: Sequence[int] = ()
    place: int = 0
    sought: str = ""


def begin(registry: Registry, wish: Wish, anchor: Anchor) -> Listing:
    """Return the first page of what is wished for.

    Raises:
        Invalid: The filter or the order cannot be read.
        NotFound: There is no such model.
    """
    of_one = wish.scope.kind == "model"
    model = registry.models.get(wish.scope.name) if of_one else None
    page = registry.versions.search(wish.query, sort=wish.sort, limit=PAGE)
    ids = [version.id for version in page.versions]
    whole = page.after is None
    rows: Rows[ModelVersion] = Rows(len(ids), more=not whole, counted=True)
    rows.fill(0, page.versions)
    place = _place(registry, anchor, ids) if whole else _place_now(anchor, ids)
    return Listing(wish, rows, ids, whole, model, place)


def complete(
    registry: Registry, begun: Listing, anchor: Anchor, stop: Callable[[], bool]
) -> Listing:
    """Return the whole list, with the rows around the place of the cursor.

    Args:
        registry: The registry.
        begun: The list so far, or as it was before the catalog changed.
        anchor: What the cursor is on.
        stop: Whether nobody waits for it any more.

    Raises:
        Unavailable: It takes too long, or was stopped.
    """
    wish = begun.wish
    ids = registry.versions.ids(wish.query, sort=wish.sort, stop=stop)
    place = _place(registry, anchor, ids)
    rows: Rows[ModelVersion] = Rows(len(ids), counted=True)
    shown = min(anchor.place, max(len(ids) - 1, 0)) if place is None else place
    for page in _around(shown, len(ids)):
        rows.fill(page, read(registry, ids, page))
    return replace(begun, rows=rows, ids=ids, whole=True, place=place)


def again(registry: Registry, before: Listing, anchor: Anchor, stop: Callable[[], bool]) -> Listing:
    """Return the same list as it is by now.

    Raises:
        NotFound: There is no such model any more.
        Unavailable: As :func:`complete`.
    """
    scope = before.wish.scope
    model = registry.models.get(scope.name) if scope.kind == "model" else None
    return complete(registry, replace(before, model=model), anchor, stop)


def read(registry: Registry, ids: Sequence[int], page: int) -> tuple[ModelVersion, ...]:
    """Return the rows of one page."""
    return registry.versions.by_ids(ids[page * PAGE : (page + 1) * PAGE])


def named(registry: Registry, references: Iterable[str]) -> dict[int, str]:
    """Return the references of those versions that there are, by id."""
    found: dict[int, str] = {}
    for reference in references:
        with suppress(NotFound, Invalid):
            version = registry.versions.get(reference)
            found[version.id] = version.reference
    return found


def between(registry: Registry, ids: Sequence[int], last: int, place: int) -> dict[int, str]:
    """Return the references of the versions from one to a place, by id; empty without that one.

    At most as many as can be marked, those nearest to where the range begins.
    """
    start = _find(ids, last)
    if start is None:
        return {}
    low, high = sorted((start, place))
    some = ids[low : high + 1]
    some = some[:MARKED_MOST] if start == low else some[-MARKED_MOST:][::-1]
    return {version.id: version.reference for version in registry.versions.by_ids(some)}


def follow(before: Sequence[int], place: int, after: Sequence[int]) -> int | None:
    """Return where the cursor goes when a list of ids becomes another.

    Args:
        before: The ids that were listed.
        place: Where the cursor was among them.
        after: The ids that are listed now.

    Returns:
        Where the same id is, else the nearest of those that were listed beside it; ``None`` when
        none of them is listed now.
    """
    if not 0 <= place < len(before):
        return None
    found = _find(after, before[place])
    if found is not None:
        return found
    below, above = before[place + 1 : place + 1 + _NEAR], before[max(0, place - _NEAR) : place]
    nearest = [
        one for pair in zip_longest(below, reversed(above)) for one in pair if one is not None
    ]
    wanted = set(nearest)
    places = {one: at for at, one in enumerate(after) if one in wanted}
    return next((places[one] for one in nearest if one in places), None)


def _find(ids: Sequence[int], wanted: int) -> int | None:
    try:
        return ids.index(wanted)
    except ValueError:
        return None


def _place_now(anchor: Anchor, ids: Sequence[int]) -> int | None:
    """Return where the cursor's version is, if it is among the first."""
    if anchor.sought or not 0 <= anchor.place < len(anchor.ids):
        return None
    return _find(ids, anchor.ids[anchor.place])


def _place(registry: Registry, anchor: Anchor, ids: Sequence[int]) -> int | None:
    if anchor.sought:
        for one in named(registry, (anchor.sought,)):
            found = _find(ids, one)
            if found is not None:
                return found
    return follow(anchor.ids, anchor.place, ids)


def _around(place: int, total: int) -> list[int]:
    """Return the page of a place, and the one that may be seen beside it."""
    if not total:
        return []
    page, last = place // PAGE, (total - 1) // PAGE
    beside = page - 1 if place % PAGE < PAGE // 2 else page + 1
    return [one for one in sorted((page, beside)) if 0 <= one <= last]
