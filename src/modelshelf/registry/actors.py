"""Actors: under which name somebody may act, where the policy has a say in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from modelshelf.settings import ACTOR_MOST, ACTOR_VARIABLE, find_actor

if TYPE_CHECKING:
    from modelshelf.domain.policy import Policy


def find_person(actor: str | None, policy: Policy) -> str | Callable[[], str]:
    """Return who acts, or what finds it out when it is needed: mere reading needs it not.

    For a policy that lets not everybody act under any name.

    Args:
        actor: The name that was given for this call; ``None``: the environment's, the person's own
            setting, or the system's user.
        policy: Says who may act under another name than the system's user.

    Raises:
        Invalid: The name cannot be recorded.
        Refused: It was given for this call, and the policy does not let them act under it.
    """
    if actor is not None:
        return _held_to(policy, actor)
    return cache(lambda: _held_to(policy, None))


def person_now(given: str | None, policy: Policy) -> Callable[[], str]:
    """Return what finds out who acts, for a policy that came into force in an open registry.

    Args:
        given: The name that was given when it was opened.
        policy: The policy of now; who may not act so is refused when something is written.
    """
    if policy.named_actors is True:
        return cache(lambda: find_actor(given))
    return cache(lambda: _held_to(policy, given))


def system_user() -> str:
    """Return the name of the account that runs this process, whatever the environment says."""
    from modelshelf.domain.text import safe

    if sys.platform == "win32":
        return safe(os.getlogin(), ACTOR_MOST)
    import pwd

    number = os.getuid()
    try:
        return safe(pwd.getpwuid(number).pw_name, ACTOR_MOST)
    except KeyError:  # a container may run under a number without a name
        return f"uid-{number}"


def _held_to(policy: Policy, actor: str | None) -> str:
    """Return who acts, if the policy lets the system's user act so.

    Raises:
        Refused: It does not.
        Invalid: The name cannot be recorded.
    """
    user = system_user()
    given, source = _given(actor)
    if given is None:
        return user
    name = find_actor(given)
    allowed = policy.named_actors
    if name == user or (isinstance(allowed, tuple) and user in allowed):
        return name
    raise _refusal(user, name, source, allowed)


def _given(actor: str | None) -> tuple[str | None, str]:
    """Return the name that somebody chose, and what they can do about it."""
    from modelshelf.settings import config_file, personal

    if actor is not None:
        return actor, "Leave out --actor."
    named = os.environ.get(ACTOR_VARIABLE)
    if named:
        return named, f"Unset {ACTOR_VARIABLE}."
    return personal().get("actor"), f"Take actor out of {config_file()}."


def _refusal(user: str, name: str, hint: str, allowed: bool | tuple[str, ...]) -> Exception:  # noqa: FBT001 - as in the policy
    from modelshelf.domain.errors import Refused
    from modelshelf.domain.text import safe

    only = ", ".join(safe(one, 60) for one in allowed[:8]) if isinstance(allowed, tuple) else ""
    who = f"only {only}" if only else "nobody"
    return Refused(
        f"{safe(user, 60)} may not act as {safe(name, 60)}",
        why=f"the policy lets {who} act under another name than the system's",
        observed=name,
        required=user,
        hint=hint,
        subject=name,
    )
