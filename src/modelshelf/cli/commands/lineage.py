"""Commands that ask about lineage: `lineage`, `impact`, `licences`, `leaks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from modelshelf.cli import wording
from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.things import THING
from modelshelf.cli.values import REFERENCE, STAGE
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.lineage import LineageGraph
    from modelshelf.registry import Registry

Format = Literal["tree", "json", "mermaid", "dot", "openlineage"]
_FORMATS = ("tree", "json", "mermaid", "dot", "openlineage")


@command("lineage", example="modelshelf lineage churn:v3 --up --hops 5")
@click.argument("thing", type=THING)
@click.option(
    "--hops",
    type=click.IntRange(0, 100),
    default=3,
    show_default=True,
    metavar="N",
    help="How many steps to go, up and down.",
)
@click.option("--up", is_flag=True, help="Only what it came from.")
@click.option("--down", is_flag=True, help="Only what came of it.")
@click.option("--to", type=THING, metavar="THING", help="The shortest way between both.")
@click.option("--common", type=THING, metavar="THING", help="What both came from, nearest first.")
@click.option(
    "--format", "written", type=click.Choice(_FORMATS), default="tree", show_default=True,
    help="How it is written.",
)  # fmt: skip
@click.pass_obj
def lineage(
    session: Session,
    thing: str,
    *,
    hops: int,
    up: bool,
    down: bool,
    to: str | None,
    common: str | None,
    written: Format,
) -> None:
    """Show what a thing came from and what came of it.

    THING is a reference such as churn:v3, or dataset:NAME, dataset:NAME@VERSION, dataset:sha256:…,
    code:COMMIT, run:ID, features:STORE/NAME@VERSION, consumer:NAME, hf:ORG/NAME@REVISION.
    """
    if sum((up, down, to is not None, common is not None)) > 1:
        raise Invalid("--up, --down, --to and --common exclude each other", hint="Give one.")
    if written == "json":
        session.json, written = True, "tree"
    with session.open() as registry:
        if to is not None:
            _path(session, registry, (thing, to), written)
        elif common is not None:
            _common(session, registry, (thing, common), written)
        elif written == "openlineage":
            told = registry.lineage.events(thing, hops=hops, ways=_ways(up=up, down=down))
            session.show({"events": told}, lambda _to: map(_line, told))
        else:
            graph = registry.lineage.of(thing, hops=hops, ways=_ways(up=up, down=down))
            _show(session, registry, graph, written)


def _ways(*, up: bool, down: bool) -> Literal["both", "up", "down"]:
    return "up" if up else "down" if down else "both"


def _show(session: Session, registry: Registry, graph: LineageGraph, written: Format) -> None:
    from modelshelf.cli.views import weights
    from modelshelf.cli.views.lineage import tree

    if written != "tree":
        _drawn(session, {"lineage": graph}, graph, written)
        return
    reference = next((n.reference for n in graph.nodes if n.id == graph.root), None)
    detail = registry.versions.detail(reference) if reference else None
    same = registry.versions.same_weights(reference) if reference and detail and (
        detail.inspection.weights) else ()  # fmt: skip
    session.show({"lineage": graph, "same_weights": same}, lambda to: tree(to, graph))
    if detail is not None and (hint := weights.offer(detail, same)):
        session.say(f"Same weights as {weights.same(same)}. {hint}")


def _drawn(
    session: Session, answer: dict[str, object], graph: LineageGraph, written: Format
) -> None:
    from modelshelf.domain import lineage_text

    lines = list(lineage_text.dot(graph) if written == "dot" else lineage_text.mermaid(graph))
    session.show({**answer, written: "\n".join(lines)}, lambda _to: lines)


def _path(session: Session, registry: Registry, ends: tuple[str, str], written: Format) -> None:
    from modelshelf.cli.views.lineage import way
    from modelshelf.domain.lineage import LineageGraph

    if written == "openlineage":
        raise _unwritten(written, "a way between two things")
    found = registry.lineage.path(*ends)
    if found is None:
        session.show({"path": None}, lambda _to: ())
        session.say(f"Neither of {safe(ends[0], 80)} and {safe(ends[1], 80)} came from the other.")
    elif written == "tree":
        session.show({"path": found}, lambda to: way(to, found.nodes, found.edges))
    else:
        graph = LineageGraph(found.nodes[0].id, found.nodes, found.edges)
        _drawn(session, {"path": found}, graph, written)


def _common(session: Session, registry: Registry, ends: tuple[str, str], written: Format) -> None:
    from modelshelf.cli.views.lineage import common

    if written != "tree":
        raise _unwritten(written, "a list of common origins")
    found = registry.lineage.common(*ends)
    session.show({"common": found}, lambda to: common(to, found))
    if not found:
        session.say("Nothing is known that both came from.")


def _unwritten(written: str, what: str) -> Invalid:
    return Invalid(
        f"{what} cannot be written as {written}", hint="Give --format tree or --format json."
    )


def _line(event: object) -> str:
    import json

    return json.dumps(event, allow_nan=False, separators=(",", ":"))


@command("impact", example="modelshelf impact dataset:customers@4 --stage production")
@click.argument("thing", type=THING)
@click.option("--stage", type=STAGE, metavar="STAGE", help="Only what holds this stage.")
@click.pass_obj
def impact(session: Session, thing: str, *, stage: str | None) -> None:
    """Show which versions came of a thing and hold a stage now, and who uses them."""
    from modelshelf.cli.views.impact import impact as view

    with session.open() as registry:
        found = registry.lineage.impact(thing, stage=stage)
    session.show({"impact": found}, lambda to: view(to, found))
    if not found.affected:
        held = "a stage" if stage is None else safe(stage, 60)
        session.say(f"Nothing that came of it holds {held} now.")
    session.say_now("The consumers")


@command("licences", example="modelshelf licences churn@production")
@click.argument("reference", type=REFERENCE)
@click.pass_obj
def licences(session: Session, reference: str) -> None:
    """Show the licences of a version and of all it was made from, and what they ask."""
    from modelshelf.cli.views import impact as view

    with session.open() as registry:
        found = registry.lineage.obligations(reference)
    session.show({"obligations": found}, lambda to: view.licences(to, found))
    session.say(view.together(found))


@command("leaks", example="modelshelf leaks churn:v3")
@click.argument("reference", type=REFERENCE, required=False)
@click.pass_obj
def leaks(session: Session, reference: str | None) -> int:
    """Find evaluation sets that were trained on; exit code 1 when there are any.

    Without a reference all versions are looked at.
    """
    from modelshelf.cli.views.impact import leaks as view

    with session.open() as registry:
        found = registry.lineage.leaks(reference)
    session.show({"leaks": found}, lambda to: view(to, found))
    if found:
        versions = len({one.version for one in found})
        session.say(f"{wording.plural(versions, 'version')} evaluated on what was trained on.")
        return 1
    session.say("Nothing is known to have been trained on what it was evaluated on.")
    return 0


COMMANDS = {c.name: c for c in (lineage, impact, licences, leaks)}
