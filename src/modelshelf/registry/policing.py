"""The policy in the log: a new text is recorded before it first decides anything."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from modelshelf.catalog.audit_reader import fact
from modelshelf.domain import events

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.registry.context import Context


def policy_digest(context: Context) -> str:
    """Return the digest of the policy's text, by which decisions name it."""
    return hashlib.sha256(context.policy_text.encode()).hexdigest()


def record_policy(context: Context) -> None:
    """Record the policy's text in the log if it is not the one recorded last."""
    if fact(context.database.reader(), "policy") != policy_digest(context):
        with context.write("record the policy") as transaction:
            record_changed(context, transaction)


def record_changed(context: Context, transaction: Transaction) -> None:
    """The same inside a transaction, before whatever it records."""
    digest = policy_digest(context)
    if fact(transaction.raw, "policy") != digest:
        transaction.record(events.PolicyRecorded(digest, context.policy_text), "policy")
