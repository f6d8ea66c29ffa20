"""Why an action is off for this person, in this registry, at this moment; the guard is below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.domain.roles import holders_in_words, may, may_somewhere
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.tui.facts import Facts

PAST = "This is the past, which nobody can change: T comes back to now."
UNOPENED = "The registry is not open yet."


def against(facts: Facts | None, takes: str, model: str = "", *, whole: bool = False) -> str:
    """Return why something that takes a role cannot be done; empty when nothing forbids it.

    This only greys keys and explains: the registry itself refuses whatever is not allowed.

    Args:
        facts: What is known of the registry and of who acts.
        takes: The role; empty for what only looks.
        model: The model it is about; empty when it is not known or about no single one.
        whole: Whether the role must be one on the whole registry.
    """
    if not takes:
        return ""
    if facts is None:
        return UNOPENED
    if facts.past:
        return PAST
    if not facts.writable:
        return f"This registry is read-only: {safe(facts.path, 200)} cannot be written."
    policy, actor = facts.policy, facts.actor
    allowed = may(policy, actor, takes, model) or (
        not model and not whole and may_somewhere(policy, actor, takes)
    )
    if allowed:
        return ""
    about = f" on {safe(model, 120)}" if model else " for the whole registry" if whole else ""
    who = holders_in_words(policy, takes)
    return f"{safe(actor, 60)} may not do that{about}: it takes the role {takes}, held by {who}."
