"""Roles: who may do what, on which models.

A role that the policy grants to nobody restricts nothing, so a registry without roles is open to
whoever can open its folder. A role covers those before it: an admin may do all that a reviewer may.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from modelshelf.domain.policy import ROLES

if TYPE_CHECKING:
    from modelshelf.domain.policy import Grant, Policy


def has_role(policy: Policy, actor: str, role: str, model: str = "") -> bool:
    """Whether ``actor`` has ``role``, or one that covers it, on ``model``.

    Args:
        policy: The policy.
        actor: Who.
        role: One of the four, or a word of the policy's own.
        model: A model's name; empty for the registry as a whole, for which a grant that is limited
            to some models does not count.
    """
    covering = ROLES[ROLES.index(role) :] if role in ROLES else (role,)
    return any(g.role in covering and _fits(g, actor, model) for g in policy.grants)


def may(policy: Policy, actor: str, role: str, model: str = "") -> bool:
    """Whether ``actor`` may do what takes ``role``: they have it, or it is granted to nobody."""
    if not any(grant.role == role for grant in policy.grants):
        return True
    return has_role(policy, actor, role, model)


def _fits(grant: Grant, actor: str, model: str) -> bool:
    if grant.person not in ("*", actor):
        return False
    return grant.models == "*" or (model != "" and fnmatchcase(model, grant.models))
