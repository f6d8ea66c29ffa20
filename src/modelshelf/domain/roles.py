"""Roles: who may do what, on which models.

A role that the policy grants to nobody restricts nothing, so a registry without roles is open to
whoever can open its folder. A role covers those before it: an admin may do all that a reviewer may.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from modelshelf.domain.policy import ROLES
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.policy import Grant, Policy

_NAMED_MOST = 8


def has_role(policy: Policy, actor: str, role: str, model: str = "") -> bool:
    """Whether ``actor`` has ``role``, or one that covers it, on ``model``.

    Args:
        policy: The policy.
        actor: Who.
        role: One of the four, or a word of the policy's own.
        model: A model's name; empty for the registry as a whole, for which a grant that is limited
            to some models does not count.
    """
    covering = _covering(role)
    return any(g.role in covering and _fits(g, actor, model) for g in policy.grants)


def may(policy: Policy, actor: str, role: str, model: str = "") -> bool:
    """Whether ``actor`` may do what takes ``role``: they have it, or it is granted to nobody."""
    if not any(grant.role == role for grant in policy.grants):
        return True
    return has_role(policy, actor, role, model)


def may_somewhere(policy: Policy, actor: str, role: str) -> bool:
    """Whether ``actor`` has ``role``, or one that covers it, on some models at least."""
    covering = _covering(role)
    return any(g.role in covering and g.person in ("*", actor) for g in policy.grants)


def roles_in_words(policy: Policy, actor: str) -> str:
    """Return what ``actor`` is, such as ``contributor, reviewer of risk/*``; ``no role``.

    A role that another one of theirs covers on the same models says nothing more.
    """
    own = [grant for grant in policy.grants if grant.person in ("*", actor)]
    told = [grant for grant in own if not any(_covers(other, grant) for other in own)]
    return ", ".join(dict.fromkeys(_named(grant) for grant in told)) or "no role"


def holders_in_words(policy: Policy, role: str) -> str:
    """Return who has exactly this role, such as ``ana, ravi (risk/*)``."""
    holders = list(dict.fromkeys(_holder(g) for g in policy.grants if g.role == role))
    more = len(holders) - _NAMED_MOST
    return ", ".join(holders[:_NAMED_MOST]) + (f" and {more} more" if more > 0 else "")


def _covering(role: str) -> tuple[str, ...]:
    return ROLES[ROLES.index(role) :] if role in ROLES else (role,)


def _covers(other: Grant, grant: Grant) -> bool:
    higher = other.role != grant.role and other.role in _covering(grant.role)
    return higher and other.models in ("*", grant.models)


def _fits(grant: Grant, actor: str, model: str) -> bool:
    if grant.person not in ("*", actor):
        return False
    return grant.models == "*" or (model != "" and fnmatchcase(model, grant.models))


def _named(grant: Grant) -> str:
    role = safe(grant.role, 60)
    return role if grant.models == "*" else f"{role} of {safe(grant.models, 60)}"


def _holder(grant: Grant) -> str:
    who = "everybody" if grant.person == "*" else safe(grant.person, 60)
    return who if grant.models == "*" else f"{who} ({safe(grant.models, 60)})"
