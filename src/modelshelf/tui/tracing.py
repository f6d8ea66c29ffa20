"""What the lineage screen asks the registry, and how things of a lineage look."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from modelshelf.domain.errors import Unavailable
from modelshelf.domain.lineage import LineageGraph, LineageNode
from modelshelf.domain.text import plural, safe
from modelshelf.domain.things import is_outside
from modelshelf.tui.show import letters, line, styled

if TYPE_CHECKING:
    from modelshelf.domain.lineage_answers import (
        Affected,
        CommonAncestor,
        Impact,
        Leak,
        LineagePath,
        Obligation,
        Suggestion,
    )
    from modelshelf.registry import Registry
    from modelshelf.tui.widgets.paragraphs import Paragraph

_SHOWN = 40
_SUGGESTED = 5
_WORDS = {
    "dataset": "data set", "code": "code", "run": "run", "features": "feature view",
    "consumer": "consumer", "outside": "model outside this registry", "version": "version",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What is said about a thing.

    Attributes:
        node: The thing.
        origins: What it came from directly, as (kind of edge, label).
        results: What came of it directly.
        impact: What serves because of it, when that was asked for.
        obligations: What the licences along the lineage of a version ask, likewise.
        leaks: Evaluation sets of a version that were trained on, likewise.
        suggestions: Edges that were found and nobody has confirmed or rejected, likewise.
        marked: Another thing, to say how the two hang together.
        way: A shortest way between the two; ``None`` without one.
        common: What both came from, nearest first.
    """

    node: LineageNode
    origins: tuple[tuple[str, str], ...]
    results: tuple[tuple[str, str], ...]
    impact: Impact | None = None
    obligations: tuple[Obligation, ...] = ()
    leaks: tuple[Leak, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    marked: LineageNode | None = None
    way: LineagePath | None = None
    common: tuple[CommonAncestor, ...] = ()


def written(node: LineageNode) -> str:
    """Return how a thing is written on the command line."""
    address = node.id.removeprefix("outside:")
    return node.reference or (address if is_outside(address) else node.id)


def graph(registry: Registry, thing: str, hops: int) -> LineageGraph | None:
    """Return the graph around a thing, or around the newest version when none is named."""
    if not thing:
        newest = registry.versions.search("", limit=1).versions
        if not newest:
            return None
        thing = newest[0].reference
    return registry.lineage.of(thing, hops=hops)


def told(
    registry: Registry, node: LineageNode, marked: LineageNode | None, *, with_impact: bool
) -> Told:
    """Return what is next to a thing, on demand what hangs on it, and on what it hangs."""
    lineage = registry.lineage
    near = lineage.of(written(node), hops=1)
    names = {one.id: one.label for one in near.nodes}
    found = Told(
        node,
        tuple((e.kind, names[e.source]) for e in near.edges if e.target == node.id),
        tuple((e.kind, names[e.target]) for e in near.edges if e.source == node.id),
    )
    if with_impact:
        found = replace(found, impact=lineage.impact(written(node)))
        if node.reference is not None:
            found = replace(
                found,
                obligations=lineage.obligations(node.reference),
                leaks=lineage.leaks(node.reference),
                suggestions=lineage.suggestions(node.reference, limit=_SUGGESTED),
            )
    if marked is None or marked.id == node.id:
        return found
    ends = (written(marked), written(node))
    return replace(found, marked=marked, way=lineage.path(*ends), common=lineage.common(*ends))


def labels(graph: LineageGraph, stages: Sequence[str]) -> dict[str, str]:
    """Return what each thing is called in the picture: a version with the letter of its stage."""
    signs = letters(stages)
    return {node.id: _label(node, signs) for node in graph.nodes}


def _label(node: LineageNode, signs: dict[str, str]) -> str:
    words = [safe(node.label, 120)]
    if node.stage is not None and node.stage != "draft":
        words.append(signs.get(node.stage, "?"))
    if "yanked" in node.marks:
        words.append("Y")
    if node.kind in ("consumer", "outside"):
        words.insert(0, {"consumer": "→", "outside": "○"}[node.kind])
    return " ".join(words)


def about(told: Told) -> list[Paragraph]:
    """Return what is known about the thing under the cursor, as names and values."""
    node = told.node
    what = _WORDS.get(node.kind, node.kind)
    state = ", ".join(filter(None, (node.stage, *node.marks)))
    rows: list[Paragraph] = [("what", line(f"{what}, {state}" if state else what))]
    if node.reference is None:
        rows.append(("written", line(written(node))))
    rows += [(title, _ends(ends)) for title, ends in _sides(told) if ends]
    if told.marked is not None:
        rows += _together(told, told.marked)
    if told.impact is not None:
        rows += _impact(told.impact)
        rows += _licences(told.obligations)
        rows += [("leak", line(_leak(leak))) for leak in told.leaks[:_SHOWN]]
        rows += [("suggested", line(_suggested(one))) for one in told.suggestions]
    return rows


def _together(told: Told, marked: LineageNode) -> list[Paragraph]:
    """Return how a thing and the marked one hang together."""
    if told.way is not None:
        way = " → ".join(node.label for node in told.way.nodes)
        return [(f"from {marked.label}", line(way, 600))]
    shared = ", ".join(one.node.label for one in told.common[:_SHOWN])
    both = f"{marked.label} and this both came from {shared}" if shared else ""
    return [("together", line(both or f"nothing leads to or from {marked.label}", 600))]


def _licences(found: Sequence[Obligation]) -> list[Paragraph]:
    stated: dict[str, list[str]] = {}
    for one in found:
        asks = f"{one.licence}: {', '.join(one.terms)}" if one.terms else one.licence
        stated.setdefault(asks or "no licence stated", []).append(one.label)
    return [("licence", line(f"{asks} ({', '.join(who)})", 600)) for asks, who in stated.items()]


def _leak(leak: Leak) -> str:
    return f"evaluated on {leak.evaluated_on}, which {leak.trained} was trained on"


def _suggested(one: Suggestion) -> str:
    kind = one.kind.replace("_", " ")
    return f"{one.confidence:.0%} {kind} {one.target}: {one.evidence}"


def _sides(told: Told) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    return (("came from", told.origins), ("led to", told.results))


def _ends(ends: Sequence[tuple[str, str]]) -> Content:
    shown = [f"{label} ({kind.replace('_', ' ')})" for kind, label in ends[:_SHOWN]]
    if len(ends) > _SHOWN:
        shown.append(f"and {len(ends) - _SHOWN:,} more")
    return Content(", ".join(safe(one, 160) for one in shown))


def _impact(impact: Impact) -> list[Paragraph]:
    if not impact.versions:
        return [("impact", styled(("downstream: nothing", "dim")))]
    many = f"downstream: {plural(impact.versions, 'version')} of {plural(impact.models, 'model')}"
    rows: list[Paragraph] = [("impact", styled((many, "dim")))]
    rows += [("", _affected(one)) for one in impact.affected[:_SHOWN]]
    if len(impact.affected) > _SHOWN:
        rows.append(("", styled((f"and {len(impact.affected) - _SHOWN:,} more", "dim"))))
    if not impact.affected:
        rows.append(("", styled(("none of them holds a stage", "dim"))))
    return rows


def _affected(one: Affected) -> Content:
    held = ", ".join(f"{stage} {weight} %" for stage, weight in one.stages.items())
    way = " → ".join(safe(node.label, 60) for node in one.way)
    used = f"  used by {', '.join(one.consumers)}" if one.consumers else ""
    return styled((one.reference, "accent"), (f" {held}", "plain"), (f"  {way}{used}", "dim"))


FORMS = ("Mermaid", "DOT", "OpenLineage")
_ENDINGS = {"Mermaid": "mmd", "DOT": "dot", "OpenLineage": "jsonl"}
_NUMBERED = 1_000


def exported(registry: Registry, thing: str, hops: int, form: str) -> str:
    """Return the graph around a thing in one of the ``FORMS``."""
    from modelshelf.domain.lineage_text import dot, mermaid

    if form == "OpenLineage":
        return "\n".join(map(_json, registry.lineage.events(thing, hops=hops)))
    shown = registry.lineage.of(thing, hops=hops)
    return "\n".join(dot(shown) if form == "DOT" else mermaid(shown))


def _json(event: object) -> str:
    return json.dumps(event, allow_nan=False, separators=(",", ":"))


def saved(registry: Registry, thing: str, hops: int, form: str) -> str:
    """Write the graph into a new file in the working folder; return the file's name.

    Raises:
        Unavailable: It cannot be written.
    """
    text = exported(registry, thing, hops, form)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", thing).strip("-.")[:80] or "graph"
    for number in range(1, _NUMBERED):
        again = f"-{number}" if number > 1 else ""
        file = Path(f"lineage-{plain}{again}.{_ENDINGS[form]}")
        try:
            with file.open("x", encoding="utf-8") as new:
                new.write(f"{text}\n")
        except FileExistsError:
            continue
        except OSError as exc:
            raise Unavailable(
                f"{file.name} cannot be written", why=exc.strerror or str(exc)
            ) from exc
        return str(file)
    raise Unavailable(f"lineage-{plain} is there {_NUMBERED - 1} times already")
