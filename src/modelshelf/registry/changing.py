"""Changes to a version after its registration; each returns the version's id in the catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelshelf.catalog.rungs import stages_known
from modelshelf.domain import events
from modelshelf.domain.errors import Conflict, Invalid, NotFound, Refused
from modelshelf.domain.names import check_alias, check_key
from modelshelf.domain.plain import compact
from modelshelf.domain.provenance import Details
from modelshelf.domain.text import accept, safe
from modelshelf.domain.things import edges_of, outside_thing
from modelshelf.registry.acyclic import check_acyclic
from modelshelf.registry.basing import check_kept, settle_bases
from modelshelf.registry.naming import REASON_MOST, check_reason, find_inside

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.catalog.reader import Found
    from modelshelf.domain.models import ModelVersion
    from modelshelf.registry.context import Context


def amend(context: Context, reference: str, details: Details, *, unset: Sequence[str]) -> int:
    """Add metadata to a version and take tags off."""
    gone = tuple(check_key("tag", key) for key in unset)
    body = compact(replace(details, base=None, bases=()))
    for name in ("description", "card"):  # an empty text is given too: it clears what was there
        text: str | None = getattr(details, name)
        if text is not None:
            body[name] = text
    if not body and not gone and details.base is None and not details.bases:
        raise Invalid("there is nothing to change", hint="Give a metric, a tag, a card …")
    with context.write(f"amend {reference}") as transaction:
        found = find_inside(context, transaction, reference)
        present = _version(context, transaction, found)
        for key in gone:
            if key not in present.tags:
                raise NotFound(f"{found.reference} has no tag {key!r}", subject=found.reference)
        base = _base(context, transaction, details.base)
        settled = replace(details, base=None if base is None else base.reference)
        names, base_ids = settle_bases(context.inside(transaction)[0], settled)
        if names:
            body["bases"] = list(names)
        _check_acyclic(transaction, found, body, base, base_ids)
        check_kept(context, details.code)
        typed = _typed_in(transaction, found.id, details)
        if typed:
            body["metric_sources"] = {**typed, **body.get("metric_sources", {})}
        event = events.VersionAmended(
            found.id,
            found.model_id,
            found.model,
            found.number,
            body if base is None else {**body, "base": base.reference},
            gone,
            None if base is None else base.id,
            base_ids=base_ids or None,
        )
        transaction.record(event, found.reference)
    return found.id


def _typed_in(transaction: Transaction, version_id: int, details: Details) -> dict[str, Any]:
    """Return the sources of metrics that were measured and are typed in now: no longer by that."""
    from modelshelf.catalog.detail import sources_of

    if not details.metrics:
        return {}
    known = sources_of(transaction.raw, version_id)
    return {
        name: {key: value for key, value in known[name].items() if key != "by"}
        for name in details.metrics
        if known.get(name, {}).get("by") and name not in details.metric_sources
    }


def _base(context: Context, transaction: Transaction, reference: str | None) -> Found | None:
    return None if reference is None else find_inside(context, transaction, reference)


def _check_acyclic(
    transaction: Transaction,
    found: Found,
    body: Mapping[str, Any],
    base: Found | None,
    base_ids: Mapping[str, int],
) -> None:
    """Check that nothing the amendment names came from the version itself."""
    from modelshelf.catalog.graph import node_id

    parents = {} if base is None else {base.id: base.reference}
    parents |= {ident: name for name, ident in base_ids.items()}
    outside = [outside_thing(name) for name in body.get("bases", ()) if name not in base_ids]
    for thing in (*(thing for _kind, thing in edges_of(body)), *outside):
        known = node_id(transaction.raw, thing)
        if known is not None:
            parents[known] = thing.label
    check_acyclic(transaction.raw, found.id, found.reference, parents)


def set_alias(context: Context, reference: str, alias: str, reason: str) -> int:
    """Give ``alias`` to a version."""
    name = check_alias(alias, context.policy.names)
    why = accept("reason", reason, most=REASON_MOST, lines=True)
    with context.write(f"alias {reference}") as transaction:
        policy = context.policy
        check_alias(name, policy.names, {*policy.former, *stages_known(transaction.raw)})
        found = find_inside(context, transaction, reference)
        event = events.AliasSet(found.model_id, found.model, name, found.id, found.number, why)
        transaction.record(event, found.reference)
    return found.id


def remove_alias(context: Context, model: str, alias: str, reason: str) -> None:
    """Take an alias away."""
    why = accept("reason", reason, most=REASON_MOST, lines=True)
    with context.write(f"unalias {model}") as transaction:
        models = context.inside(transaction)[1]
        registered = models.get(model)
        if alias not in models.aliases(registered.id):
            raise NotFound(
                f"{registered.name} has no alias {safe(alias, 60)!r}", subject=registered.name
            )
        event = events.AliasRemoved(registered.id, registered.name, alias, why)
        transaction.record(event, registered.name)


def yank(context: Context, reference: str, reason: str) -> int:
    """Say that a version must not be used."""
    why = check_reason(reason)
    with context.write(f"yank {reference}") as transaction:
        found = find_inside(context, transaction, reference)
        version = _version(context, transaction, found)
        if version.yanked is not None:
            raise Conflict(f"{version.reference} is yanked already", why=safe(version.yanked))
        event = events.VersionYanked(found.id, found.model_id, found.model, found.number, why)
        transaction.record(event, found.reference)
    return found.id


def archive(context: Context, reference: str, reason: str) -> int:
    """Put a version away."""
    why = check_reason(reason)
    with context.write(f"archive {reference}") as transaction:
        version, found = _free(context, transaction, reference, "archived")
        if version.archived:
            raise Conflict(f"{version.reference} is archived already", subject=version.reference)
        event = events.VersionArchived(found.id, found.model_id, found.model, found.number, why)
        transaction.record(event, found.reference)
    return found.id


def restore(context: Context, reference: str, reason: str) -> int:
    """Take a version out of the archive, or allow its use again."""
    why = check_reason(reason)
    with context.write(f"restore {reference}") as transaction:
        found = find_inside(context, transaction, reference)
        version = _version(context, transaction, found)
        if version.freed:
            raise Refused(
                f"{version.reference} cannot come back",
                why="its bytes were freed",
                hint="Register the file again.",
                subject=version.reference,
            )
        if not version.archived and version.yanked is None:
            raise Conflict(f"{version.reference} is neither archived nor yanked")
        event = events.VersionRestored(found.id, found.model_id, found.model, found.number, why)
        transaction.record(event, found.reference)
    return found.id


def _version(context: Context, transaction: Transaction, found: Found) -> ModelVersion:
    return context.inside(transaction)[0].versions([found.id])[0]


def _free(
    context: Context, transaction: Transaction, reference: str, doing: str
) -> tuple[ModelVersion, Found]:
    found = find_inside(context, transaction, reference)
    version = _version(context, transaction, found)
    if version.stages:
        stage = version.stage
        raise Refused(
            f"{version.reference} cannot be {doing}",
            why=f"it holds {', '.join(version.stages)}",
            hint=f"Give {stage} to another version first: modelshelf promote or rollback.",
            subject=version.reference,
        )
    return version, found
