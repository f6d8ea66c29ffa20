"""What came of a thing and serves now, what licences ask, and which evaluations leak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from modelshelf.cli import wording
from modelshelf.cli.screen import Screen
from modelshelf.cli.table import Cell, Column, facts, table
from modelshelf.cli.views.lineage import after, called

if TYPE_CHECKING:
    from modelshelf.domain.lineage_answers import Affected, Impact, Leak, Obligation

_FEW = 5
_DIGITS_SHOWN = len("sha256:") + 12
_WHOLE = 100


def impact(screen: Screen, found: Impact) -> Iterator[str]:
    """Yield what is downstream in all, then a table of what holds a stage."""
    names = [called(node) for node in found.things]
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    versions = wording.plural(found.versions, "version")
    models = wording.plural(found.models, "model")
    others = f", {wording.plural(found.others, 'other thing')}" if found.others else ""
    pairs: list[tuple[str, str | Cell]] = [
        ("of", Cell(", ".join(names[:_FEW]) + more, "bold")),
        ("led to", f"{versions} of {models}{others}"),
    ]
    yield from facts(screen, pairs)
    if not found.affected:
        return
    yield ""
    columns = (
        Column("version", keep=True),
        Column("holds", keep=True),
        Column("by way of"),
        *((Column("used by", spare=1),) if any(one.consumers for one in found.affected) else ()),
    )
    rows = (
        (
            Cell(one.reference, "bold"),
            _held(one.stages),
            " → ".join(_way(one)),
            ", ".join(one.consumers),
        )[: len(columns)]
        for one in found.affected
    )
    yield from table(screen, columns, rows)


def _held(stages: Mapping[str, int]) -> str:
    return ", ".join(f"{s} {w} %" if w < _WHOLE else s for s, w in stages.items())


def _way(one: Affected) -> Iterator[str]:
    """Yield the things between, each after how it came from the one before."""
    for kind, node in zip(one.kinds, one.way[1:], strict=False):
        words = kind.replace("_", " ")
        same = node.reference == one.reference
        yield words if same else f"{words} {after(words, called(node), node)}"


def licences(screen: Screen, found: Sequence[Obligation]) -> Iterator[str]:
    """Yield a table of licences, nearest first, and what they ask together."""
    columns = (
        Column("steps", right=True, keep=True),
        Column("thing"),
        Column("licence"),
        Column("asks", begins=True),
    )
    rows = (
        (
            str(one.distance),
            Cell(f"{one.kind} {one.label}" if one.kind != "version" else one.label, "bold"),
            one.licence or Cell("not stated", "dim"),
            _asked(one),
        )
        for one in found
    )
    yield from table(screen, columns, rows)


def together(found: Sequence[Obligation]) -> str:
    """Return a sentence with everything that is asked along a lineage, and what is not known."""
    terms = dict.fromkeys(term for one in found for term in one.terms)
    unstated = sum(not one.licence for one in found)
    unknown = sum(bool(one.licence) and not one.known for one in found)
    asked = f"Asked in all: {', '.join(terms) or 'nothing that is known'}"
    open_still = [
        f"{wording.plural(count, 'licence')} {what}"
        for count, what in ((unstated, "not stated"), (unknown, "not known"))
        if count
    ]
    return f"{asked}; {' and '.join(open_still)}." if open_still else f"{asked}."


def _asked(one: Obligation) -> str | Cell:
    if one.known:
        return ", ".join(one.terms) or "nothing"
    if one.terms:
        return f"{', '.join(one.terms)}; what else is not known"
    return Cell("not known" if one.licence else "", "dim")


def leaks(screen: Screen, found: Sequence[Leak]) -> Iterator[str]:
    """Yield a table of evaluation sets that were trained on."""
    columns = (
        Column("version", keep=True),
        Column("evaluated on"),
        Column("trained on"),
        Column("by", keep=True),
        Column("digest", keep=True, spare=1),
    )
    rows = (
        (
            Cell(one.version, "bold"),
            one.evaluated_on,
            one.trained_on,
            "itself" if one.trained == one.version else one.trained,
            one.digest[:_DIGITS_SHOWN],
        )
        for one in found
    )
    if found:
        yield from table(screen, columns, rows)
