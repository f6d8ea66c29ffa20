"""Commands that name and describe: `describe`, `rename`, `tag`, `alias`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import ALIAS, MODEL, PAIR, REFERENCE, once
from modelshelf.cli.views import models as view
from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import parse_reference


@command("describe", example="modelshelf describe churn --owner ana --description 'Who leaves?'")
@click.argument("model", type=MODEL)
@click.option("--description", metavar="TEXT", help="What the model is for.")
@click.option("--owner", metavar="NAME", help="Who answers for it.")
@click.pass_obj
def describe(session: Session, model: str, *, description: str | None, owner: str | None) -> None:
    """Change a model's description or owner; what is not given stays."""
    if description is None and owner is None:
        raise Invalid("there is nothing to change", hint="Give --description or --owner.")
    with session.open() as registry:
        changed = registry.models.describe(model, description=description, owner=owner)
    session.show({"model": changed}, lambda to: view.model(to, changed))


@command("rename", example="modelshelf rename churn risk/churn")
@click.argument("model", type=MODEL)
@click.argument("new_name")
@click.pass_obj
def rename(session: Session, model: str, new_name: str) -> None:
    """Give a model a new name; the old one goes on leading to it."""
    with session.open() as registry:
        changed = registry.models.rename(model, new_name)
    session.show({"model": changed}, lambda to: view.line(to, changed.name))
    session.say(f"References by {model} go on leading to {changed.name}.")


@command("tag", example="modelshelf tag churn:v3 team=risk --unset draft")
@click.argument("name", type=REFERENCE, metavar="MODEL|REFERENCE")
@click.argument("tags", nargs=-1, type=PAIR, metavar="[NAME=VALUE]...")
@click.option("--unset", multiple=True, metavar="NAME", help="Take this tag off.")
@click.pass_obj
def tag(
    session: Session, name: str, tags: tuple[tuple[str, str], ...], *, unset: tuple[str, ...]
) -> None:
    """Set or take off tags of a model or a version."""
    given = once("tag", tags)
    if not given and not unset:
        raise Invalid("there is nothing to change", hint="Give NAME=VALUE or --unset NAME.")
    with session.open() as registry:
        if parse_reference(name).kind == "model":
            model = registry.models.tag(name, set=given, unset=unset)
            session.show({"model": model}, lambda to: view.tags(to, model.tags))
        else:
            version = registry.versions.tag(name, set=given, unset=unset)
            session.show({"version": version}, lambda to: view.tags(to, version.tags))


@command("alias", example="modelshelf alias churn:v3 champion --reason 'won the test'")
@click.argument("reference", type=REFERENCE, metavar="MODEL|REFERENCE")
@click.argument("alias", required=False, type=ALIAS)
@click.option("--remove", is_flag=True, help="Take the alias away.")
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@click.pass_obj
def alias(
    session: Session, reference: str, alias: str | None, *, remove: bool, reason: str
) -> None:
    """Give ALIAS to a version, take it away with --remove, or list a model's aliases without it."""
    parsed = parse_reference(reference)
    with session.open() as registry:
        if alias is None and not remove:
            aliases = registry.versions.aliases(parsed.model)
            session.show({"aliases": aliases}, lambda to: view.aliases(to, aliases))
            return
        name = alias if alias is not None else parsed.label
        if remove:
            registry.versions.unalias(parsed.model, name, reason=reason)
            session.show({"model": parsed.model, "removed": name}, lambda _to: ())
            session.say(f"{parsed.model} has no alias {name} any more.")
        else:
            version = registry.versions.alias(reference, name, reason=reason)
            session.show({"version": version}, lambda to: view.line(to, version.reference))
            session.say(f"{version.model}@{name} is {version.reference} now.")


COMMANDS = {c.name: c for c in (describe, rename, tag, alias)}
