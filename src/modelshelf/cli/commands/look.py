"""Commands that look at the catalog: `list`, `show`, `search`, `resolve`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import MODEL, REFERENCE, STAGE
from modelshelf.cli.views import models as view
from modelshelf.cli.views import weights as weighed
from modelshelf.domain.errors import Invalid
from modelshelf.domain.names import parse_reference
from modelshelf.domain.plain import plain
from modelshelf.domain.text import safe

LIMIT = click.option(
    "-n", "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, metavar="N",
    help="At most so many.",
)  # fmt: skip
CONSUMER = click.option(
    "--as", "consumer", metavar="NAME", help="Who uses it from now on; see modelshelf consumers."
)
AFTER = click.option("--after", metavar="WHERE", help="Go on after the page that ended here.")


@command("list", example="modelshelf list churn")
@click.argument("model", required=False, type=MODEL, help="A model, to see its versions.")
@click.option("--match", default="", metavar="TEXT", help="Only models whose name contains this.")
@click.option("--stage", type=STAGE, metavar="STAGE", help="Who holds this stage, by model.")
@click.option("--retired", is_flag=True, help="Retired models too.")
@LIMIT
@AFTER
@click.pass_obj
def list_models(
    session: Session,
    model: str | None,
    *,
    match: str,
    stage: str | None,
    retired: bool,
    limit: int,
    after: str | None,
) -> None:
    """List the models, or the versions of one model, newest first."""
    if model is not None:
        _list_versions(session, model, limit, after)
        return
    with session.open() as registry:
        if stage is not None:
            serving = registry.promotions.serving(stage, limit=limit)
            session.show({"assignments": serving}, lambda to: view.assignments(to, serving))
            return
        found = registry.models.list(pattern=match, limit=limit, after=after, retired=retired)
        ladder = registry.policy.assignable
    last = found[-1].name if len(found) == limit else None
    session.show({"models": found, "after": last}, lambda to: view.models(to, found, ladder))
    if not found:
        session.say("No models. Register the first: modelshelf register NAME FILE")
    _more(session, last)


def _list_versions(session: Session, model: str, limit: int, after: str | None) -> None:
    below = None if after is None else _number_of(after)
    with session.open() as registry:
        found = registry.versions.list(model, limit=limit, after=below)
    last = found[-1].number if len(found) == limit and found[-1].number > 1 else None
    session.show({"versions": found, "after": last}, lambda to: view.versions(to, found))
    if not found:
        session.say(f"No versions of {model} below {after}." if after else f"{model} is empty.")
    _more(session, last)


def _number_of(after: str) -> int:
    digits = after.strip().removeprefix("v")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 12):  # noqa: PLR2004 - digits
        raise Invalid(
            f"{safe(after, 60)!r} is not the number of a version", hint="Write --after 7."
        )
    return int(digits)


def _more(session: Session, last: str | int | None) -> None:
    if last is not None:
        session.say(f"There may be more: --after {last}")


@command("show", example="modelshelf show churn:v3")
@click.argument("name", type=REFERENCE, metavar="MODEL|REFERENCE")
@click.option("--history", is_flag=True, help="Of a model: who held which stage, newest first.")
@click.option("--card", is_flag=True, help="Of a version: only its model card.")
@click.option("--tensors", is_flag=True, help="Of a version: only its stored tensors.")
@click.pass_obj
def show(session: Session, name: str, *, history: bool, card: bool, tensors: bool) -> None:
    """Show a model, or one version with everything known about it."""
    if parse_reference(name).kind == "model":
        _show_model(session, name, history=history)
        return
    with session.open() as registry:
        detail = registry.versions.detail(name)
        weights = detail.inspection.weights
        same = registry.versions.same_weights(name) if weights else ()
        used = registry.consumers.list(reference=detail.version.reference)
    if tensors:
        answer = {"reference": detail.version.reference, "weights": weights}
        session.show(answer, lambda to: weighed.tensors(to, weights))
        if weights is None:
            session.say(f"No tensors are known of {detail.version.reference}.")
    elif card:
        answer = {"reference": detail.version.reference, "card": detail.card}
        session.show(answer, lambda to: view.card(to, detail))
    else:
        whole = {**plain(detail), "same_weights": same, "consumers": used}
        session.show(whole, lambda to: view.detail(to, detail, same, used))
        if hint := weighed.offer(detail, same):
            session.say(hint)


def _show_model(session: Session, name: str, *, history: bool) -> None:
    with session.open() as registry:
        model = registry.models.get(name)
        aliases = registry.versions.aliases(name)
        past = registry.promotions.history(name) if history else ()
        ladder = registry.policy.assignable
    answer = {"model": model, "aliases": aliases}
    if history:
        answer["history"] = past
    session.show(answer, lambda to: view.model(to, model, aliases, past, ladder))


@command("search", example="modelshelf search 'metrics.auc>=0.9 stage:production'")
@click.argument("terms", nargs=-1, metavar="QUERY...")
@click.option("--sort", default="", metavar="FIELD", help="newest, oldest, name, metrics.auc …")
@LIMIT
@AFTER
@click.pass_obj
def search(
    session: Session, terms: tuple[str, ...], *, sort: str, limit: int, after: str | None
) -> None:
    """Find versions: words, stage:production, metrics.auc>=0.9, params.solver=lbfgs, tag.team:risk.

    All terms must hold; a - in front turns one round (write -- before it, or quote the whole).
    """
    with session.open() as registry:
        page = registry.versions.search(" ".join(terms), sort=sort, limit=limit, after=after)
    answer = {"versions": page.versions, "after": page.after}
    session.show(answer, lambda to: view.found(to, page.versions))
    if not page.versions:
        session.say("No version fits.")
    _more(session, page.after)


@command("resolve", example="modelshelf resolve churn@production --key user-42")
@click.argument("reference", type=REFERENCE)
@click.option("--key", metavar="TEXT", help="Choose one holder of a split: always the same for it.")
@CONSUMER
@click.pass_obj
def resolve(session: Session, reference: str, *, key: str | None, consumer: str | None) -> None:
    """Say which versions serve a reference, with their weights."""
    with session.open() as registry:
        found = registry.promotions.resolve(reference, key=key, consumer=consumer)
    session.show(plain(found), lambda to: view.holders(to, found.holders))
    for warning in found.warnings:
        session.warn(f"warning: {warning}")


COMMANDS = {c.name: c for c in (list_models, show, search, resolve)}
